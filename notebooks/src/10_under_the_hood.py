# ---
# jupyter:
#   labhelpers:
#     title: Under the hood
#     minutes: 25
#     covers: [16, 17, 30, 31, 34, 51, 54, 59]
#     afterwards:
#       - name the four things of the kernel that make a process a container, and show each of them
#       - make a container by hand, with kernel tools only
#       - read the file that Docker hands to runc, and say what each part of it asks the kernel for
# ---

# %% [markdown]
# # Under the hood
#
# **Afterwards you can**
#
# - name the four things of the kernel that make a process a container, and show each of them;
# - make a container by hand, with kernel tools only;
# - read the file that Docker hands to runc, and say what each part of it asks the kernel for.
#
# **Time:** about 25 minutes; this notebook is optional. **You need:** [03 Containers](03_containers.ipynb), and [04 Layers](04_images_and_layers.ipynb) for step 4. A little practice with a shell helps.
#
# ![A process in the middle, and four things of the kernel around it. Namespaces: what it sees. A root filesystem: which files it has. A cgroup: how much it may use. Capabilities: what its root may do. Below lies one kernel, the host's, for this process and for all others.](pictures/under_the_hood.svg)
#
# <details><summary>The picture in words</summary>
#
# A container is a **process**, and four things that its kernel does for it:
#
# - **namespaces** decide what it sees: host name, process ids, mounts, network, cgroups;
# - a **root filesystem** decides which files it has: layers, joined by `overlay` and entered by `pivot_root`;
# - a **cgroup** decides how much it may use: memory, processor, number of processes;
# - **capabilities** decide what its root may do: change the owners of files, yes; mount, or set the clock, no.
#
# Below lies one kernel, the host's, for this process and for all others.
#
# </details>

# %% [markdown]
# The kernel has no thing called "container". It has parts, and Docker puts them together. Here you do it yourself, with the parts' own tools, and without Docker.
#
# That takes root on a Linux machine, and it should not be your machine. So the workbench is a container that may do everything: `--privileged`. What you mount, create and break stays inside, and goes with it. Its name, `bench-10`, ends as those of the other containers here; files are in `work/10`. This cell removes what an earlier run left.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-10$"
# docker ps --all -q $ours | xargs -r docker rm -f > /dev/null
# rm -rf work/10 && mkdir -p work/10 && echo "Ready."

# %% language="sh" tags=["volatile"]
# docker pull -q localhost:5005/lab/base:12
# docker pull -q localhost:5005/lab/busybox:1
# docker run -d --init --name bench-10 --hostname bench-10 --network none \
#   --privileged --cgroupns private --tmpfs /lab:exec -v "$PWD/work/10:/work" \
#   localhost:5005/lab/base:12 tail -f /dev/null

# %% [markdown]
# `/lab` is a filesystem in memory, the place for our experiments. Each `docker exec bench-10 …` below runs a command there, as root. In a terminal, `docker exec -it bench-10 bash` gives you a shell for experiments of your own.
#
# ## 1 · A name of its own: namespaces
#
# A **namespace** is the kernel's answer to "what does this process see?". There are several kinds, and each process is in one of each kind:

# %% tags=["volatile"]
# !docker exec bench-10 lsns --output TYPE,NS,NPROCS,COMMAND

# %% [markdown]
# The numbers are the namespaces' identities. Processes with the same number see the same thing. `unshare` starts a process in a **new** namespace; with `--uts`, one for the host name (UTS is short for "Unix time-sharing", for historical reasons):

# %% language="sh"
# docker exec bench-10 unshare --uts sh -c 'hostname inside; hostname'
# docker exec bench-10 hostname

# %% [markdown]
# The name was changed, and the bench did not notice: another namespace, another name. The identities say the same:

# %% language="sh"
# docker exec -i bench-10 sh <<'END'
# outside=$(readlink /proc/self/ns/uts)
# inside=$(unshare --uts readlink /proc/self/ns/uts)
# [ "$outside" = "$inside" ] && echo "the same uts namespace" || echo "two uts namespaces"
# outside=$(readlink /proc/self/ns/net)
# inside=$(unshare --uts readlink /proc/self/ns/net)
# [ "$outside" = "$inside" ] && echo "the same net namespace" || echo "two net namespaces"
# END

# %% [markdown]
# Only what you ask for is separate. `--network host` of `docker run` is the same choice: one namespace less.
#
# ## 2 · Process ids of its own
#
# `--pid` makes a namespace for process ids. Its first process gets the number 1. (`--fork`, because a process keeps its own number; only its children are born in the new namespace.)

# %% language="sh"
# docker exec bench-10 unshare --pid --fork sh -c 'echo "I am process $$"'

# %% [markdown]
# **Predict.** The main process of the bench is `tail`. Can the process in the new namespace find it in `/proc`, where tools such as `ps` look?
#
# a) No: it sees only itself and its children. b) Yes.

# %% tags=["learner"]
from labhelpers import check, hint, predict, solution

predict("10.proc", "…")  # a or b

# %% tags=["solution"]
from labhelpers import check, predict

predict("10.proc", "b")

# %% language="sh"
# look='grep -hx tail /proc/[0-9]*/comm || echo "no tail to be seen"'
# docker exec bench-10 unshare --pid --fork sh -c "$look"

# %%
predict("10.proc")

# %% [markdown]
# `/proc` is a filesystem, and it shows the processes of the namespace **for which it was mounted**: the bench's. A new one is needed, and a mount namespace, so that the bench keeps its own:

# %% language="sh"
# look='grep -hx tail /proc/[0-9]*/comm || echo "no tail to be seen"'
# docker exec bench-10 unshare --pid --fork --mount \
#   sh -c "mount -t proc proc /proc; $look"

# %% [markdown]
# Isolation is made of several parts, and each hides only its own. (`unshare --mount-proc` does these two in one.)

# %% [markdown]
# ## 3 · A root of its own
#
# An image is files. `docker export` gives the files of a container as one archive, and we unpack them on the bench. From here on, Docker has done its part:

# %% language="sh"
# docker create --name files-10 localhost:5005/lab/busybox:1 > /dev/null
# docker export files-10 | docker exec -i bench-10 sh -c \
#   'mkdir -p /lab/image && tar -x -C /lab/image'
# docker rm files-10 > /dev/null
# docker exec bench-10 ls /lab/image

# %% [markdown]
# `chroot DIR` starts a program for which `/` is that folder. It is much older than Docker:

# %% language="sh"
# docker exec bench-10 chroot /lab/image sh -c 'ls / ; cat /etc/passwd'

# %% [markdown]
# That looks like a container: the files of busybox, and none of Debian's. **Predict.** Root, in there, wants to read a file of the bench. Can it?
#
# a) No: there is no path to it. b) Yes, with a few lines of code.

# %% tags=["learner"]
predict("10.chroot", "…")  # a or b

# %% tags=["solution"]
predict("10.chroot", "b")

# %% language="sh"
# docker exec -i bench-10 perl <<'END'
# sub look { print -e "/etc/debian_version" ? "Debian's files\n" : "none of Debian's\n" }
# chroot "/lab/image"; chdir "/"; look;
# mkdir "door"; chroot "door";          # a second root, below the place where we stand
# chdir ".." for 1..20; chroot ".";     # nothing stops us on the way up
# look;
# rmdir "/lab/image/door";
# END

# %%
predict("10.chroot")

# %% [markdown]
# `chroot` moves the sign that says "root is here", and nothing else: the old root is still mounted, and a root user can walk back. **`pivot_root`** changes the mounts: in a mount namespace of our own, the new root takes the place of the old one, which is put aside, and unmounted.

# %% language="sh"
# docker exec -i bench-10 unshare --mount sh -eu <<'END'
# mount --bind /lab/image /lab/image    # the new root has to be a mount
# cd /lab/image
# mount -t proc proc proc
# mkdir old
# pivot_root . old
# ls -d /old/etc/debian_version         # the old root is below the new one …
# umount -l /old; rmdir /old            # … and now nowhere
# cut -d' ' -f2 /proc/mounts
# END

# %% [markdown]
# Two mounts are all that this process has: `/` and its `/proc`. However far it walks, there is no Debian in its namespace. That is what runs in every Docker container, and the bench has its own `/` still.

# %% [markdown]
# ## 4 · Layers: overlay
#
# Two containers of one image must not write into the same files. **`overlay`** is a filesystem that stacks folders: read-only ones below (`lowerdir`, the uppermost first), and a writable one on top (`upperdir`). A layer of our own on top of the image's:

# %% language="sh"
# docker exec -i bench-10 sh -eu <<'END'
# cd /lab
# mkdir -p layer/etc one/upper one/work one/tree
# echo "from the second layer" > layer/etc/motd
# mountpoint -q one/tree || mount -t overlay overlay one/tree -o \
#   lowerdir=/lab/layer:/lab/image,upperdir=/lab/one/upper,workdir=/lab/one/work
# ls one/tree
# ls one/tree/etc/motd one/tree/etc/passwd
# END

# %% [markdown]
# One tree from three folders. (`workdir` is the overlay's own desk: an empty folder on the same filesystem.)
#
# **Predict.** You write the file `note` in the tree, and remove `etc/motd` there. What is in the writable layer, `one/upper`, afterwards?
#
# a) Only the new file. b) The new file, and something in place of the removed one. c) A copy of all the files.

# %% tags=["learner"]
predict("10.upper", "…")  # a, b or c

# %% tags=["solution"]
predict("10.upper", "b")

# %% language="sh"
# docker exec -i bench-10 sh -eu <<'END'
# cd /lab
# echo "written in the container" > one/tree/note
# rm -f one/tree/etc/motd
# find one/upper -not -type d -exec stat --format '%n: %F' {} + | sort
# cat layer/etc/motd
# END

# %%
predict("10.upper")

# %% [markdown]
# The layers below are untouched: `motd` is still in `layer`. What hides it is a **whiteout**, here a special file with the device number 0, 0; in an image's layer it is an empty file with the name `.wh.motd`. `one/upper` is what notebook 03 called the writable layer, and removing a container removes this folder.

# %% [markdown]
# ## 5 · A limit: cgroups
#
# Namespaces say what a process sees, not how much it takes. That is the work of **control groups**, cgroups: folders in `/sys/fs/cgroup`. A process belongs to a group when its number is written into the group's file `cgroup.procs`.
#
# There are two versions, and what a machine has was decided when it booted. We prepare the bench for either:

# %% language="sh" tags=["volatile"]
# docker exec -i bench-10 sh -eu <<'END'
# cd /sys/fs/cgroup
# if [ -e cgroup.controllers ]; then
#   echo "version 2: one tree for everything"
#   # A group that hands out limits must hold no processes itself: they move down.
#   mkdir -p bench
#   for process in $(cat cgroup.procs); do
#     echo $process > bench/cgroup.procs 2> /dev/null || true   # it may have ended
#   done
#   echo +memory > cgroup.subtree_control
#   ln -sfn /sys/fs/cgroup /lab/cgroup
# else
#   echo "version 1: a tree for each kind of limit"
#   ln -sfn /sys/fs/cgroup/memory /lab/cgroup
# fi
# END

# %% [markdown]
# | | version 1 | version 2 |
# | --- | --- | --- |
# | where the groups for memory are | `/sys/fs/cgroup/memory` | `/sys/fs/cgroup` |
# | the file with the limit | `memory.limit_in_bytes` | `memory.max` |
#
# On this bench `/lab/cgroup` leads to the right place. A group, with a limit of 30 MB (and no way out into swap):

# %% language="sh"
# docker exec -i bench-10 sh -eu <<'END'
# mkdir -p /lab/cgroup/try && cd /lab/cgroup/try
# for file in memory.max memory.limit_in_bytes; do
#   [ ! -e $file ] || echo 30M > $file
# done
# [ ! -e memory.swap.max ] || echo 0 > memory.swap.max
# [ ! -e memory.memsw.limit_in_bytes ] || echo 30M > memory.memsw.limit_in_bytes
# cat memory.max 2> /dev/null || cat memory.limit_in_bytes
# END

# %% [markdown]
# **Predict.** A process in this group asks for 10 MB, another for 100 MB. What becomes of the second?
#
# a) It gets an error, and can go on. b) It is slowed down. c) It is killed.

# %% tags=["learner"]
predict("10.memory", "…")  # a, b or c

# %% tags=["solution"]
predict("10.memory", "c")

# %% language="sh"
# for size in 10M 100M; do
#   docker exec bench-10 sh -c "echo \$\$ > /lab/cgroup/try/cgroup.procs
#     exec dd if=/dev/zero of=/dev/null bs=$size count=1 status=none"
#   echo "$size: exit code $?"
# done

# %%
predict("10.memory")

# %% [markdown]
# 137 = 128 + 9, SIGKILL, as in notebook 03: the kernel let it ask, and killed it when it **used** more than the group may. The other groups of the machine felt nothing. And a limit is a number in a file, so it can be changed while the process runs; `docker update` does no more than this:

# %% language="sh"
# docker exec -i bench-10 sh -eu <<'END'
# cd /lab/cgroup/try
# for file in memory.memsw.limit_in_bytes memory.max memory.limit_in_bytes; do
#   [ ! -e $file ] || echo 200M > $file
# done
# echo $$ > cgroup.procs
# dd if=/dev/zero of=/dev/null bs=100M count=1 status=none && echo "100M: fine now"
# END

# %% [markdown]
# ## 6 · Less than root: capabilities
#
# In a container you are root, user 0, and yet you cannot set the clock of the machine. The power of root is cut into about forty **capabilities**; a process has some of them. Docker gives fourteen; `--privileged` gives all, and that is why the bench could mount.
#
# **Predict.** `setpriv` starts a program without a capability, here `sys_admin`. The program is user 0. Can it change the host name, in a uts namespace of its own?
#
# a) Yes: it is root. b) No.

# %% tags=["learner"]
predict("10.capability", "…")  # a or b

# %% tags=["solution"]
predict("10.capability", "b")

# %% language="sh"
# docker exec bench-10 unshare --uts setpriv --inh-caps -all --bounding-set -sys_admin \
#   sh -c 'echo "I am user $(id -u)"; hostname inside 2>&1' || echo "(it is root)"

# %%
predict("10.capability")

# %% [markdown]
# The message is wrong: it **is** root, and lacks the capability. So "root" in a container is less than root. But it is **the same kernel** that says no: what a container's root must not do depends on the kernel being without a fault, and on nobody having handed out too much. A virtual machine has a second kernel in between. That is why isolation by containers is called weaker, and why you give `--privileged` to nothing that you do not trust.

# %% [markdown]
# ## 7 · Your own `run`
#
# Now all of it together. This script starts a command, and isolates nothing yet:

# %% language="sh"
# cat > work/10/run <<'END'
# #!/bin/sh
# # run NAME COMMAND…: start COMMAND as a container called NAME, with kernel tools only
# set -eu
# name=$1; shift
# folder=$(mktemp -d "/lab/$name.XXXXXX")   # a fresh one each time, for what it writes
#
# # 1. memory: a group with a limit of 64M, and this process ($$) in it
# # 2. namespaces: a new shell, started by unshare with …
# # 3.   in it: the host name
# # 4.   in it: overlay, /proc, pivot_root, and the old root unmounted
#
# exec "$@"
# END
# echo "$(wc -l < work/10/run) lines"

# %% [markdown]
# ### Exercise: a container by hand
#
# - **Goal:** complete `work/10/run`, so that `run hand-10 sleep 1010` is a container.
# - **Success:** on the bench runs `sleep 1010` with the host name `hand-10`, process ids of its own with their `/proc`, the files of `/lab/image` as its root and no way back to the bench's, and at most 64 MB of memory.
#
# <details><summary>Hint 1</summary>
#
# Begin with one isolation, run the cell below, and let the check tell you the next. Write what happens in the namespaces as a script in quotes: `exec unshare … sh -euc '…' sh "$name" "$folder" "$@"`; in there, `$1` is the name and `$2` the folder.
#
# </details>
#
# Open the file in JupyterLab (folder `work/10`), or copy the cell above and write it anew. This cell starts it, ends what you started before, and shows what your script says:

# %% tags=["solution"] language="sh"
# cat > work/10/run <<'END'
# #!/bin/sh
# # run NAME COMMAND…: start COMMAND as a container called NAME, with kernel tools only
# set -eu
# name=$1; shift
# folder=$(mktemp -d "/lab/$name.XXXXXX")
# mkdir "$folder/upper" "$folder/work" "$folder/tree"
#
# # Memory: what this process starts is born into its group.
# group=/lab/cgroup/$name; mkdir -p "$group"
# limit=$group/memory.max; [ -e "$limit" ] || limit=$group/memory.limit_in_bytes
# echo 64M > "$limit"
# echo $$ > "$group/cgroup.procs"
#
# # Capabilities: what Docker gives, and sys_admin, without which nothing can be mounted.
# caps=-all
# for cap in chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service \
#            net_raw sys_chroot mknod audit_write setfcap sys_admin; do caps=$caps,+$cap; done
#
# exec setpriv --inh-caps -all --bounding-set "$caps" \
#   unshare --uts --ipc --net --pid --mount --cgroup --fork sh -euc '
#     hostname "$1"; folder=$2; shift 2
#     mount -t overlay overlay "$folder/tree" -o \
#       "lowerdir=/lab/image,upperdir=$folder/upper,workdir=$folder/work"
#     cd "$folder/tree"
#     mount -t proc proc proc
#     mkdir old; pivot_root . old
#     umount -l /old; rmdir /old
#     exec "$@"' sh "$name" "$folder" "$@"
# END
# echo "$(wc -l < work/10/run) lines"

# %% language="sh"
# docker exec bench-10 sh -c 'kill -9 $(pidof sleep)' 2> /dev/null
# docker exec -d bench-10 sh -c 'sh /work/run hand-10 sleep 1010 > /work/log 2>&1'
# for try in $(seq 50); do           # up to five seconds, until it runs
#   docker exec bench-10 pidof sleep > /dev/null && break || sleep 0.1
# done
# cat work/10/log; echo "(end of what it said)"

# %%
check("10.by-hand")

# %% tags=["learner"]
# hint("10.by-hand")  # remove the first #; each run shows one more

# %% [markdown]
# `docker exec`, by hand: a new process that enters the namespaces of another, and its root.

# %% language="sh"
# docker exec bench-10 sh -c 'nsenter --target $(pidof sleep) \
#   --uts --pid --mount --root sh -c "hostname; ls /; ps"' | grep -v "ps$"

# %% [markdown]
# ## 8 · What Docker hands to runc
#
# `docker run` asks the engine, the engine asks containerd, and in the end a small program called **runc** does what your script does. What it is to do stands in one file, `config.json`, in the words of the OCI runtime specification; any other runtime (crun, for Podman) reads the same. A container like yours, by Docker:

# %% tags=["volatile"]
# !docker run -d --name theirs-10 --hostname theirs-10 --network none --memory 64m \
#   --cgroupns private localhost:5005/lab/busybox:1 sleep 1010

# %% [markdown]
# The file lies in a folder of the engine's host, beside the process that watches over the container: its parent. This container is given the host's process ids (`--pid host`), finds the parent, and reads what it holds. Note what that means: **who may start containers can read everything on the host**.

# %% language="sh"
# pid=$(docker inspect --format '{{.State.Pid}}' theirs-10)
# docker run --rm --privileged --pid host --network none localhost:5005/lab/base:12 sh -c "
#   parent=\$(sed -n 's/^PPid:[^0-9]*//p' /proc/$pid/status)
#   cat /proc/\$parent/cwd/config.json" > work/10/config.json || echo "not to be had here"
# docker inspect --format '{{.Config.Hostname}}, {{.HostConfig.Memory}} bytes' theirs-10

# %%
import json
from pathlib import Path

# Where an engine keeps it elsewhere, the file is empty, and `docker inspect` has to do.
config = json.loads(Path("work/10/config.json").read_text() or "{}")
if config:
    linux, process = config["linux"], config["process"]
    print("hostname      ", config["hostname"])
    print("namespaces    ", *sorted(one["type"] for one in linux["namespaces"]))
    print("memory.limit  ", linux["resources"]["memory"]["limit"])
    print("capabilities  ", *sorted(process["capabilities"]["bounding"])[:3], "…")
    print("process.args  ", *process["args"])

# %% [markdown]
# Your script and the file say the same, line by line:
#
# | your `run` | `config.json` | `docker run` |
# | --- | --- | --- |
# | `hostname "$1"` | `hostname` | `--hostname` |
# | `unshare --uts --ipc --net --pid --mount --cgroup` | `linux.namespaces` | `--network`, `--pid`, `--ipc`, `--uts host` leave one out |
# | `mount -t overlay …` | nothing: the engine mounts it before | the image's layers, and a new one |
# | `pivot_root`, `umount` | `root.path`, where the engine mounted it | |
# | `mount -t proc …` | `mounts`, about ten of them | `-v`, `--tmpfs` add some |
# | `echo 64M > memory.…` | `linux.resources.memory.limit` | `--memory 64m` |
# | `setpriv --bounding-set …` | `process.capabilities` | `--cap-add`, `--cap-drop` |
# | `exec "$@"` | `process.args`, with `env`, `cwd` and `user` | what stands after the image's name |
#
# What runc does beyond it: it gives up `sys_admin` at the very end (a shell cannot: its tools are gone with the old root); it filters system calls (`linux.seccomp`) and hides parts of `/proc` (`maskedPaths`); it makes `/dev`. And the engine lays a cable into the network namespace, which in yours is empty.

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `unshare failed: Operation not permitted` | no `sys_admin`: an ordinary user, or an ordinary container | on the bench, as root |
# | `fork: Cannot allocate memory` after `unshare --pid` | without `--fork`, the first child was process 1, and it has ended | `--fork` |
# | `pivot_root: Invalid argument` | the new root is no mount, or the mounts are shared with others | `mount --bind DIR DIR`; `unshare --mount` |
# | `wrong fs type … overlay` | `upperdir` is itself on an overlay, as `/` of a container is | put it on a tmpfs or a volume |
# | `sh: mount: not found` after `pivot_root` | the tools of the old root are gone; a shell may remember where they were | mount before it, or `hash -r` |
# | `write error: Device or resource busy` in cgroup version 2 | a group with processes cannot hand out limits | move the processes into a group below it |
# | the limit has no effect | the process was started before, or its number is not in `cgroup.procs` | write `$$` first, then `exec` |

# %% [markdown]
# ## What to remember
#
# - A container is a process with namespaces, a root filesystem, a cgroup and fewer capabilities. Each hides or limits one thing; leave one out, and that thing is shared.
# - `chroot` moves a sign; `pivot_root`, in a mount namespace, takes the old root away.
# - Docker writes down what is wanted, in `config.json`; runc asks the kernel for it.
#
# ## Clean up this notebook
#
# The containers, and with the bench all its mounts and groups, and the folder `work/10`.

# %% language="sh"
# ours="--filter label=org.labhelpers.workshop --filter name=-10$"
# docker ps --all $ours --format '{{.Names}}' | sort | xargs -r docker rm -f
# rm -r work/10

# %% [markdown]
# ## Where to go next
#
# You have seen the bottom; [03 Containers](03_containers.ipynb) and [04 Layers](04_images_and_layers.ipynb) read differently now. [00 Start here](00_start_here.ipynb) lists all the notebooks.
#
# <small>Sources: the manual pages [namespaces(7)](https://man7.org/linux/man-pages/man7/namespaces.7.html), [pivot_root(2)](https://man7.org/linux/man-pages/man2/pivot_root.2.html), [chroot(2)](https://man7.org/linux/man-pages/man2/chroot.2.html), [cgroups(7)](https://man7.org/linux/man-pages/man7/cgroups.7.html), [capabilities(7)](https://man7.org/linux/man-pages/man7/capabilities.7.html); the kernel's [overlay filesystem](https://docs.kernel.org/filesystems/overlayfs.html); the [OCI runtime specification](https://github.com/opencontainers/runtime-spec/blob/main/config.md). Results: measured by this notebook.</small>
