"""The exercise of notebook 10, in every state that learners bring about."""

from __future__ import annotations

from exercises.case import Case, Do

# What the notebook's cells make: the bench, the files of an image on it, and where the groups for memory are.
BENCH = """mkdir -p work/10
docker run -d --init --name bench-10 --hostname bench-10 --network none --privileged --cgroupns private \
  --tmpfs /lab:exec -v "$PWD/work/10:/work" localhost:5005/lab/base:12 tail -f /dev/null
docker create --name files-10 localhost:5005/lab/busybox:1
docker export files-10 | docker exec -i bench-10 sh -c 'mkdir -p /lab/image && tar -x -C /lab/image'
docker rm files-10
docker exec -i bench-10 sh -eu <<'END'
cd /sys/fs/cgroup
if [ -e cgroup.controllers ]; then
  mkdir -p bench
  for process in $(cat cgroup.procs); do echo $process > bench/cgroup.procs 2> /dev/null || true; done
  echo +memory > cgroup.subtree_control
  ln -s /sys/fs/cgroup /lab/cgroup
else
  ln -s /sys/fs/cgroup/memory /lab/cgroup
fi
END"""
START = """docker exec -d bench-10 sh -c 'sh /work/run hand-10 sleep 1010 > /work/log 2>&1'
for try in $(seq 100); do
  if docker exec bench-10 pidof sleep; then exit 0; fi
  sleep 0.1
done
cat work/10/log; exit 1"""

MEMORY = """group=/lab/cgroup/$name; mkdir -p "$group"
limit=$group/memory.max; [ -e "$limit" ] || limit=$group/memory.limit_in_bytes
echo 64M > "$limit"
echo $$ > "$group/cgroup.procs"
"""
UNSHARE = "--uts --ipc --net --pid --mount --cgroup --fork"
HOSTNAME = 'hostname "$1"'
PROC = "mount -t proc proc proc"
LEAVE = "umount -l /old; rmdir /old"
RUN = f"""set -eu
name=$1; shift
folder=$(mktemp -d "/lab/$name.XXXXXX")
mkdir "$folder/upper" "$folder/work" "$folder/tree"
{MEMORY}exec unshare {UNSHARE} sh -euc '
  {HOSTNAME}; folder=$2; shift 2
  mount -t overlay overlay "$folder/tree" -o \\
    "lowerdir=/lab/image,upperdir=$folder/upper,workdir=$folder/work"
  cd "$folder/tree"
  {PROC}
  mkdir old; pivot_root . old
  {LEAVE}
  exec "$@"' sh "$name" "$folder" "$@"
"""
# A copy instead of an overlay, runc's way to leave the old root, a limit one group higher, a shell as process 1.
OTHERWISE = """set -eu
cp -a /lab/image "/lab/$1"
mkdir -p /lab/cgroup/all
[ ! -e /lab/cgroup/cgroup.controllers ] || echo +memory > /lab/cgroup/all/cgroup.subtree_control
mkdir -p /lab/cgroup/all/mine
for file in memory.max memory.limit_in_bytes; do
  [ ! -e /lab/cgroup/all/$file ] || echo 32M > /lab/cgroup/all/$file
done
echo $$ > /lab/cgroup/all/mine/cgroup.procs
unshare --uts --mount --pid --fork sh -eu <<'END'
mount --bind /lab/hand-10 /lab/hand-10
cd /lab/hand-10
mount -t proc proc proc
pivot_root . .
umount -l .
hostname hand-10
sleep 1010
exit 0
END
"""


def run(*changes: tuple[str, str]) -> Do:
    """The script of the solution, changed, and started."""
    text = RUN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return Do(START, files={"work/10/run": text})


CHROOT = (f"mkdir old; pivot_root . old\n  {LEAVE}\n  exec", "exec chroot .")

CASES = [
    Case(
        "10.by-hand",
        before=BENCH,
        solution=run(),
        other={"a-copy-and-a-shell": Do(START, files={"work/10/run": OTHERWISE})},
        wrong={
            "hostname": [
                run((HOSTNAME, ":")),
                run(("--uts ", "")),  # and now it is the bench that has the name
            ],
            "pids": run(("--pid ", "")),
            "proc": [
                run((PROC, ":")),
                run((PROC, "mount --bind /proc proc")),
            ],
            "root": [
                run(
                    ('cd "$folder/tree"\n', ""), (PROC, "mount -t proc proc /proc"), CHROOT, ("chroot . ", "")
                ),
                Do(START, files={"work/10/run": 'shift; exec "$@"\n'}),  # nothing is isolated
            ],
            "chroot": run(CHROOT),
            "old-root": run((LEAVE, ":")),
            "memory": [
                run((MEMORY, "")),
                run(('echo 64M > "$limit"\n', "")),
            ],
        },
        also={"too-much-memory": run(("64M", "640M"))},
    ),
]
