"""Notebook 10: a container by hand."""

from __future__ import annotations

from labhelpers.errors import ProcessError
from labhelpers.exercises.model import Look, Verdict, exercise, prediction

BENCH = "bench-10"
NAME = "hand-10"
LIMIT = 64 * 1024**2  # bytes
_NO_LIMIT = 2**62  # bytes; what the kernel says in version 1 of cgroups where nobody set one

# Run on the bench: what the kernel says of the newest `sleep 1010` ("its"), beside the bench itself (process 1).
_LOOK = r"""
pid=
for path in /proc/[0-9]*; do
  case "$(tr '\0' ' ' < "$path/cmdline")" in
    "sleep 1010 "|*/"sleep 1010 ") [ "${path#/proc/}" -lt "${pid:-0}" ] || pid=${path#/proc/} ;;
  esac
done 2> /dev/null
[ -n "$pid" ] || exit 0
its=/proc/$pid
for kind in uts pid; do echo "$kind $(readlink /proc/1/ns/$kind) $(readlink $its/ns/$kind)"; done
echo "name $(nsenter --target $pid --uts hostname)"
echo "proc $(readlink $its/root/proc/1/ns/pid)"
echo "root $(stat -Lc %d:%i /proc/1/root/) $(stat -Lc %d:%i $its/root/)"
echo "top $(nsenter --target $pid --mount stat -c %d:%i /)"
echo "mount $(sed -n 's,^[0-9]* [0-9]* \([0-9:]*\) \([^ ]*\) / .*,\1\2,p' /proc/1/mountinfo | tail -n 1)"
echo "mounts $(cut -d' ' -f3,4 $its/mountinfo | tr -d ' ' | tr '\n' ' ')"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  top=/sys/fs/cgroup file=memory.max group=$(sed -n 's/^0:://p' $its/cgroup)
else
  top=/sys/fs/cgroup/memory file=memory.limit_in_bytes group=$(sed -n 's/^[0-9]*:memory://p' $its/cgroup)
fi
echo "group $group"
limits=
while [ "${group:-/}" != / ]; do limits="$limits $(cat $top$group/$file)"; group=${group%/*}; done
echo "limits $limits"
"""


@exercise(
    "10.by-hand",
    title="A container by hand",
    goal="Complete `work/10/run`, so that `run hand-10 sleep 1010` is a container.",
    success="On the bench runs `sleep 1010` with the host name `hand-10`, process ids of its own with their `/proc`, "
    "the files of `/lab/image` as its root and no way back to the bench's, and at most 64 MB of memory.",
    hints=(
        "Begin with one isolation, run the cell below, and let the check tell you the next. Write what happens in the "
        'namespaces as a script in quotes: `exec unshare … sh -euc \'…\' sh "$name" "$folder" "$@"`; in there, '
        "`$1` is the name and `$2` the folder.",
        "The group comes first, as in step 5: its limit, then `$$` into its `cgroup.procs`. Then "
        "`unshare --uts --pid --mount --fork`.",
        "In the quotes, in this order: `hostname`; the overlay of step 4 with folders in `$folder`; `mount -t proc` "
        "and `pivot_root` as in step 3; `umount -l /old`; and `exec` of the command.",
    ),
    solution='group=/lab/cgroup/$name; mkdir -p "$group"\n'
    'limit=$group/memory.max; [ -e "$limit" ] || limit=$group/memory.limit_in_bytes\n'
    'echo 64M > "$limit"; echo $$ > "$group/cgroup.procs"\n'
    'mkdir "$folder/upper" "$folder/work" "$folder/tree"\n'
    "exec unshare --uts --ipc --net --pid --mount --cgroup --fork sh -euc '\n"
    '  hostname "$1"; folder=$2; shift 2\n'
    '  mount -t overlay overlay "$folder/tree" -o \\\n'
    '    "lowerdir=/lab/image,upperdir=$folder/upper,workdir=$folder/work"\n'
    '  cd "$folder/tree"; mount -t proc proc proc\n'
    "  mkdir old; pivot_root . old; umount -l /old; rmdir /old\n"
    '  exec "$@"\' sh "$name" "$folder" "$@"',
    wrong={
        "hostname": "A uts namespace of its own (`unshare --uts`), and in it `hostname` with the name: a new one "
        "begins with a copy of the old name.",
        "pids": "Give it process ids of its own: `unshare --pid --fork`. Without `--fork`, only the children of the "
        "command would have them.",
        "proc": "Its `/proc` has to be mounted from within its own namespace for process ids: `mount -t proc proc "
        "proc` in the new root, before `pivot_root`.",
        "root": "Its root has to be another tree: mount an overlay with `lowerdir=/lab/image`, and let `pivot_root` "
        "take its folder.",
        "chroot": "`chroot` leaves the old root mounted, and root walks back to it. In a mount namespace of its own, "
        "`pivot_root . old`.",
        "old-root": "`pivot_root` put the old root aside, into a folder of the new one. Unmount it there: "
        "`umount -l /old`.",
        "memory": "Make a group in `/lab/cgroup`, write `64M` into its limit, and `$$` into its `cgroup.procs` before "
        "the command starts: step 5.",
    },
)
def by_hand(look: Look) -> Verdict:
    """The newest `sleep 1010` on the bench, as the kernel sees it, is isolated in each of the ways."""
    bench = look.container(BENCH)
    if bench is None or not bench.running:
        return look.not_yet(
            f"{BENCH} does not run.", "Run the notebook from its top: the second cell starts it."
        )
    try:
        text = look.docker("exec", BENCH, "sh", "-c", f"exec 2> /dev/null\n{_LOOK}")
    except ProcessError as failed:
        if "is not running" in failed.log or "no such container" in failed.log.lower():
            return look.not_yet(f"{BENCH} has ended meanwhile.", "Run the notebook from its top.")
        raise
    saw = {words[0]: words[1:] for words in map(str.split, text.splitlines())}
    if "limits" not in saw or any(len(saw[kind]) < 2 for kind in ("uts", "pid", "root")):
        return look.not_yet(
            f"No process `sleep 1010` runs on {BENCH}.",
            "Run the cell that starts it: what your script said stands in `work/10/log`.",
        )
    return _judge(look, saw)


def _judge(look: Look, saw: dict[str, list[str]]) -> Verdict:
    """The verdict on what the kernel said, in the order in which one builds it."""
    bench_root, *its_root = saw["root"]
    if [bench_root] == its_root:
        return look.wrong("root", "Its root is the bench's: it sees all of Debian's files.")
    if saw["top"] == [bench_root]:
        return look.wrong("chroot", "Its root is another folder, and around it is still the bench's root.")
    if saw["mount"][0] in saw["mounts"]:
        return look.wrong("old-root", "The bench's root is still mounted in its mount namespace.")
    if len(set(saw["pid"])) == 1:
        return look.wrong("pids", "It is in the bench's namespace for process ids.")
    if saw["proc"] != saw["pid"][1:]:
        found = "shows the bench's processes" if saw["proc"] else "is empty"
        return look.wrong("proc", f"It has process ids of its own, and its /proc {found}.")
    if len(set(saw["uts"])) == 1:
        return look.wrong("hostname", f"It shares the host name of the bench: {saw['name'][0]}.")
    if saw["name"] != [NAME]:
        return look.wrong(
            "hostname", f"Its uts namespace is its own, and the name in it is {saw['name'][0]}."
        )
    limits = [int(limit) for limit in saw["limits"] if limit.isdecimal()]
    limit = min(limits, default=_NO_LIMIT)
    if saw["group"] == ["/"] or not saw["limits"]:
        return look.wrong("memory", "It is in no cgroup of its own.")
    if limit >= _NO_LIMIT:
        return look.wrong("memory", f"Its cgroup {saw['group'][0]} has no limit for memory.")
    if limit > LIMIT:
        return look.not_yet(
            f"Its cgroup lets it have {limit // 1024**2} MB.", "64 MB is `64M` in the file with the limit."
        )
    return look.passed(
        f"`sleep 1010` has its own host name {NAME}, process ids and root, and at most {limit // 1024**2} MB."
    )


prediction(
    "10.proc",
    question="Can the process in the new pid namespace find the bench's main process in /proc?",
    options={"a": "No: it sees only itself and its children.", "b": "Yes."},
    truth="b",
    because="/proc shows the processes of the namespace for which it was mounted, and nobody has mounted a new one.",
)
prediction(
    "10.chroot",
    question="Root, after chroot, wants to read a file of the bench. Can it?",
    options={"a": "No: there is no path to it.", "b": "Yes, with a few lines of code."},
    truth="b",
    because="chroot changes where a path begins. The old root is still mounted, and a second chroot opens the way up.",
)
prediction(
    "10.upper",
    question="You write a file in the tree and remove one of a lower layer. What is in the writable layer?",
    options={
        "a": "Only the new file.",
        "b": "The new file, and something in place of the removed one.",
        "c": "A copy of all the files.",
    },
    truth="b",
    because="The layers below cannot be changed, so a removal is a whiteout: a mark that hides.",
)
prediction(
    "10.memory",
    question="A process in a group of 30 MB asks for 100 MB. What becomes of it?",
    options={"a": "It gets an error, and can go on.", "b": "It is slowed down.", "c": "It is killed."},
    truth="c",
    because="The kernel grants what is asked for, and kills when more is used than the group may have.",
)
prediction(
    "10.capability",
    question="A program is user 0, without the capability sys_admin. Can it change the host name?",
    options={"a": "Yes: it is root.", "b": "No."},
    truth="b",
    because="The kernel asks for the capability, not for the number of the user.",
)
