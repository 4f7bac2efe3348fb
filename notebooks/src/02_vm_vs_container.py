# ---
# jupyter:
#   labhelpers:
#     title: Virtual machine or container
#     minutes: 20
#     covers: [18, 20, 21, 22, 23, 24, 25, 26, 30, 31, 32, 33, 34]
#     afterwards:
#       - measure what a virtual machine and a container of the same files cost on your own machine
#       - change a container's memory and processor while it runs, and say what it shares with its host
#       - choose between the two, and name what lies in between
# ---

# %% [markdown]
# # Virtual machine or container
#
# **Afterwards you can**
#
# - measure what a virtual machine and a container of the same files cost on your own machine;
# - change a container's memory and processor while it runs, and say what it shares with its host;
# - choose between the two, and name what lies in between.
#
# **Time:** about 20 minutes. **You need:** [00 Start here](00_start_here.ipynb), with everything green.
#
# ![Two stacks side by side. Virtual machines: hardware, host OS with its kernel, hypervisor, and on it machines that each have a guest OS with a kernel of its own, libraries and an application. Containers: hardware, host OS with the one kernel that all share, engine, and on it containers with libraries and an application each.](pictures/stacks.svg)
#
# <details><summary>The picture in words</summary>
#
# From the bottom up. **Virtual machines:** hardware; host OS with its kernel; a **hypervisor**, the program that plays the hardware; on it each machine, with a **guest OS** and a kernel of its own, its libraries, its application. Memory is set aside for each. **Containers:** hardware; host OS with the one kernel that all share; the engine; on it each container, with its libraries and its application. There is no guest OS, and layers that are the same are stored once.
#
# </details>

# %% [markdown]
# The two are alike in purpose: both give an application an **isolated environment**, and both can be **moved** to another host. You will run the same files both ways, and measure the difference instead of believing it.
#
# The first cell removes what an earlier run left.

# %% language="sh"
# docker ps --all -q --filter label=org.labhelpers.workshop --filter name=-02$ \
#   | xargs -r docker rm -f > /dev/null
# for image in lab/busybox:1 lab/python:3.11 lab/vm:1; do
#   docker pull -q localhost:5005/$image > /dev/null
# done
# echo "Ready."

# %%
from labhelpers import Machine, check, compare, density, predict
from labhelpers.figures import figure, table

machine = Machine("localhost:5005/lab/busybox:1", memory="128 MB")
print(machine)

# %% [markdown]
# ## 1 · The same files, both ways
#
# `machine` is a description so far; nothing runs. First the container: one of the image `lab/busybox:1` tells which kernel it runs on:

# %% tags=["volatile"]
# !docker run --rm localhost:5005/lab/busybox:1 uname -r | cut -d- -f1

# %% [markdown]
# Now the virtual machine. `Machine` takes the files of the same image (`docker export`), and boots them in QEMU with a Linux kernel beside them. QEMU itself runs in a container, so that this works wherever your engine does.
#
# **Predict.** Which kernel does a program in that machine see?
#
# a) The host's, as in a container. b) The one in the image. c) One that belongs to the machine, neither the host's nor the image's.

# %% tags=["learner"]
predict("02.kernel", "…")  # a, b or c

# %% tags=["solution"]
predict("02.kernel", "c")

# %% tags=["volatile"]
machine.run("uname -r | cut -d- -f1")

# %%
predict("02.kernel")

# %% [markdown]
# Look at the words in brackets. With **KVM** the guest's code runs on your own processor; without it (in many clouds, and in a virtual machine that may not contain others) QEMU **translates** each instruction, which is slower. Either way the lesson holds: a kernel had to boot first. How long it takes depends on which of the two you have, so every number below says it.
#
# ## 2 · Measure
#
# One run says little: machines have moods. `compare` starts both in turns, so that both meet the same noise, and tells the first run apart: it finds cold caches. It needs a minute or two.
#
# **Predict.** How many times longer does the virtual machine take to the program's first line?
#
# a) About as long: less than 2 times. b) 2 to 5 times. c) More than 5 times.

# %% tags=["learner"]
predict("02.ratio", "…")  # a, b or c

# %% tags=["solution"]
predict("02.ratio", "c")

# %% tags=["volatile"]
import os

RUNS = int(os.environ.get("LAB_RUNS", "10"))  # of each; fewer is quicker and says less
measured = compare("localhost:5005/lab/busybox:1", runs=RUNS, told=print)

# %% tags=["volatile"]
table(measured)

# %% tags=["volatile"]
figure(measured)

# %% tags=["volatile"]
print(f"The virtual machine took {measured.ratio.text('{:.1f} times'.format)} as long.")
predict("02.ratio", saw=measured.ratio.median)

# %%
quick, slow = (measured.spread(kind, lambda run: run.start) for kind in measured.disk)
print("the machine took longer:", slow.median > quick.median)
small, large = (measured.spread(kind, lambda run: run.memory) for kind in measured.disk)
print("it holds more memory:", large.low > small.high)
disk = measured.disk
print("one more copy takes more disk:", disk["machine"] > disk["container"])
print("the kernels differ:", not measured.same_kernel)

# %% [markdown]
# Read the table line by line:
#
# - **Start.** A container is a process that the running kernel starts. A machine starts QEMU, loads a kernel, boots it, then starts the process. The container's time is counted from the order to the engine, the machine's from QEMU's start alone, which favours the machine.
# - **Memory.** The *control group* counts what the kernel charges to all processes together; *resident* is what each process holds, with shared pages counted in each. The machine's memory holds a second kernel, and was **set aside beforehand**.
# - **Disk.** A machine has its own copy of the files. A container adds a writable layer, empty at first, to layers that are shared.
# - **Processes.** The container sees itself. The machine sees itself and the threads of its own kernel.
# - **Work** is compared only with KVM: emulation would measure QEMU, not virtual machines.

# %% [markdown]
# ### Exercise: measure
#
# - **Goal:** From `measured`, work out how many times longer the virtual machine takes to its first line.
# - **Success:** `ratio` is the machine's median start divided by the container's, from at least 3 runs each.
#
# <details><summary>Hint 1</summary>
#
# `measured.spread(kind, what).median` is a median: kind is `"container"` or `"machine"`, and `lambda run: run.start` says what.
#
# </details>

# %% tags=["learner"]
ratio = None

# %% tags=["solution", "volatile"]
slow = measured.spread("machine", lambda run: run.start).median
quick = measured.spread("container", lambda run: run.start).median
ratio = slow / quick
ratio

# %%
check("02.measure", measured=measured, ratio=ratio)

# %% tags=["learner"]
from labhelpers import hint, solution

# hint("02.measure")  # remove the first #; each run shows one more

# %% [markdown]
# ## 3 · How many fit
#
# `density` starts a growing number of each, all at once, and adds up their memory. The last line is a calculation from your free memory, not a measurement: with so many, the processor would be the limit first.

# %% tags=["volatile"]
density("localhost:5005/lab/busybox:1", containers=8, machines=2)

# %% [markdown]
# Three ways to house applications, as three kinds of building. **Bungalows:** a server for each application; nothing is shared, and each is maintained alone. **Apartments:** virtual machines; the building is shared, each flat has its own kitchen, the guest OS. **A hotel:** containers; most amenities are shared, and the house decides who gets what.
#
# ### Published numbers, beside yours
#
# | what | published | source |
# | --- | --- | --- |
# | boot, as the guest reports | QEMU 244 ms, Firecracker 110 ms (medians of 500, with KVM) | Agache et al., NSDI 2020 |
# | memory on top of the guest's | QEMU about 131 MB, Firecracker about 3 MB | Agache et al., NSDI 2020 |
# | warm `docker run` | 568 ms on SSD, 1157 ms on hard disk | Khan, arXiv 2602.15214, 2026 preprint |
# | Linpack, GFLOPS | native 290.8, Docker 290.9, tuned KVM 284.2 | Felter et al., ISPASS 2015 |
# | random reads of 4 kB per second | native 84,044, Docker 84,092, KVM 42,543 | Felter et al., ISPASS 2015 |
#
# Once started, a tuned machine calculates nearly as fast as a container. The difference is in starting, in memory, and in devices that are played by software.

# %% [markdown]
# ## 4 · Give and take while it runs
#
# This container begins with 64 MB and half a CPU, says so in its log, and keeps 40 MB in use. A second one stands beside it.

# %% language="sh" tags=["volatile"]
# docker run -d --name beside-02 --memory 64m --cpus 0.5 localhost:5005/lab/busybox:1 \
#   sleep 3600
# docker run -d --name elastic-02 --memory 64m --cpus 0.5 localhost:5005/lab/busybox:1 \
#   sh -c '
#     cd /sys/fs/cgroup
#     echo "begun with $(cat memory.max memory/memory.limit_in_bytes 2>/dev/null)"
#     dd if=/dev/zero of=/dev/shm/held bs=1M count=40 2>/dev/null
#     echo "holds 40 MB"
#     sleep 3600'

# %% language="sh"
# until docker logs elastic-02 | grep -q holds; do sleep 0.2; done
# docker logs elastic-02

# %% [markdown]
# ### Exercise: resize live
#
# - **Goal:** Give `elastic-02` 96 MB of memory and one whole CPU, while it runs.
# - **Success:** The same container, started once, has a memory limit of 96 MB (`96m`) and 1 CPU.
#
# <details><summary>Hint 1</summary>
#
# `docker update` takes the flags of `docker run` that set limits, and the name of a running container.
#
# </details>

# %% tags=["learner"]
# Your command, with ! in front:

# %% tags=["solution"]
# !docker update --memory 96m --cpus 1 elastic-02

# %%
check("02.resize")

# %% tags=["learner"]
# hint("02.resize")  # remove the first #; each run shows one more

# %% [markdown]
# The log still has one beginning: the program never noticed.
#
# Now the same with sliders. `elastic-02` gets something to calculate for a minute, and the picture measures it once a second. **Predict:** which bar moves when you halve the processors? Then move a slider and let go. Below the picture stands the command that it ran, or the engine's reason why not. (By keyboard: Tab to a slider, then the arrow keys. MiB is what `m` means in these commands, 1.05 MB.)

# %%
from labhelpers import live_limits

# !docker exec -d elastic-02 timeout 60 sh -c 'while :; do :; done'
live_limits("elastic-02", machine=machine)

# %% [markdown]
# The bar of the processors runs into its limit at once, and shrinks with it: a share of time can be given and taken at any moment. Memory can be given at any moment, and taken as long as it is not in use.
#
# **The machine's memory is fixed** when it boots. A slide in circulation says that a virtual machine must always be given its resources up front, and that what it does not use is wasted. That is the default, and you measured it. The exceptions: **ballooning** (a driver in the guest hands memory back on request) and **hot-plug** (memory or processors are added to a running guest, if its kernel takes part).

# %% [markdown]
# ## 5 · One kernel
#
# A kernel draws a **boot id** when it boots. Whoever shows the same number runs on the same boot of the same kernel.
#
# ### Exercise: one kernel
#
# - **Goal:** Read the boot id in a container, in a second container, and in the virtual machine.
# - **Success:** The two containers say the same, and the machine says something else.
#
# <details><summary>Hint 1</summary>
#
# The boot id is in the file `/proc/sys/kernel/random/boot_id`: `cat` shows it, inside each of them.
#
# </details>

# %% tags=["learner"]
container, another, guest = "…", "…", "…"

# %% tags=["solution", "volatile"]
path = "/proc/sys/kernel/random/boot_id"
# first = !docker run --rm localhost:5005/lab/busybox:1 cat $path
# second = !docker run --rm localhost:5005/lab/python:3.11 cat $path
container, another, guest = first[0], second[0], machine.run(["cat", path]).output
print(container, another, guest, sep="\n")

# %%
check("02.one-kernel", container=container, another=another, guest=guest)

# %% tags=["learner"]
# hint("02.one-kernel")  # remove the first #; each run shows one more

# %% [markdown]
# Two consequences. Two containers on one host can share more than two machines, which talk as two computers do: a network of the engine's (notebook 03), a volume, even memory. And a container is **Linux technology**: its programs need a Linux kernel. On Windows and macOS, Docker Desktop runs all containers in one Linux virtual machine. (Windows containers exist, for Windows programs on a Windows kernel.)
#
# ## 6 · The price: weaker isolation
#
# One kernel for all means that a fault in that kernel reaches all. And some of the host shows through. **Predict:** a container is limited to 64 MB. How much memory does `free` show inside?

# %% language="sh" tags=["volatile"]
# docker run --rm --memory 64m localhost:5005/lab/busybox:1 free -m

# %%
# seen = !docker run --rm --memory 64m localhost:5005/lab/busybox:1 \
#   grep MemTotal /proc/meminfo
print("it sees more than its limit:", int(seen[0].split()[1]) > 64 * 1024)

# %% [markdown]
# It sees the host's memory: `/proc` is the shared kernel's. (Programs that size themselves by it are killed at their limit.) The machine of step 1 sees its own 128 MB.
#
# How much a process may ask of that kernel is a set of **capabilities**. By default a container's root has some of them; `--privileged` gives all, and the host's devices with them: then it could read the host's disk. `--cap-drop ALL` gives none.

# %% language="sh" tags=["volatile"]
# box=localhost:5005/lab/busybox:1
# for how in --cap-add=CHOWN --privileged --cap-drop=ALL; do
#   docker run --rm $how $box sh -c "
#     echo $how: \$(grep CapEff /proc/self/status), \$(ls /dev | wc -l) devices"
# done

# %% [markdown]
# `CapEff` is a number in which each bit is one capability (the first line is the default: it includes CHOWN anyway). Privileged is not a stronger container; it is hardly one.
#
# What helps, together: an ordinary user, no capabilities, files that cannot be changed, limits.

# %% tags=["fails"]
# !docker run --rm --user 65534:65534 --cap-drop ALL --read-only --memory 64m \
#   --pids-limit 50 --security-opt no-new-privileges localhost:5005/lab/busybox:1 \
#   touch /bin/mine

# %% [markdown]
# ## 7 · When to choose which
#
# | choose a container | choose a virtual machine |
# | --- | --- |
# | many applications that you trust, on one host | code of strangers, side by side |
# | starts and stops all day: tests, jobs, services that grow and shrink | another operating system, or another kernel |
# | the same environment for everyone in a project | kernel modules, whole desktops, old systems |
# | GPUs shared by several jobs | a strict wall between tenants |
#
# **Sharing a GPU** is easier with containers than with machines: true, but the host needs the driver and a container toolkit from its maker.
#
# **In between.** *Firecracker* is a hypervisor cut down to what a cloud function needs. *Kata Containers* gives each container a small virtual machine of its own, behind the same `docker run`. *gVisor* puts a kernel written for that purpose between the container and the host's. All three pay a little speed for a thicker wall. And most clouds run your containers inside virtual machines: the two are not rivals.

# %% [markdown]
# ## What usually goes wrong
#
# | you see | because | do |
# | --- | --- | --- |
# | `memory were not enough` | the guest's files live in its memory too | `Machine(…, memory="1 GB")` |
# | the machine is said to run by emulation, though you have KVM | your engine runs inside a virtual machine itself, or has no `/dev/kvm` | nothing: the comparison says which it was |
# | the spread is as large as the median | other programs are busy | close them, or raise `RUNS` |
# | `Memory limit should be smaller than already set memoryswap limit` | memory and swap together have a limit too, twice the memory by default | give `--memory-swap` in the same command |
# | `unable to set memory limit`, or exit code 137 | the new limit is below what the program holds | a higher limit, or let the program free some first |

# %% [markdown]
# ## What to remember
#
# - A virtual machine boots a kernel of its own on memory set aside; a container is a process on the kernel that runs.
# - `docker update` changes a container's limits while it runs.
# - Sharing the kernel is what makes containers light, and their walls thinner: an ordinary user, no capabilities, read-only, limits.
#
# ## Clean up this notebook
#
# The machines and the measured containers are gone: each was removed when it ended. What is left has a name that ends in `-02`.

# %% language="sh"
# docker ps --all --filter label=org.labhelpers.workshop --filter name=-02$ \
#   --format '{{.Names}}' | sort | xargs -r docker rm -f

# %% [markdown]
# ## Where to go next
#
# Notebook [03 Containers](03_containers.ipynb) teaches the commands of a container's life.
#
# Back to [00 Start here](00_start_here.ipynb).
#
# <small>Sources: A. Agache et al., "Firecracker", NSDI 2020; W. Felter et al., IBM RC25482 and ISPASS 2015, with the authors' raw data; Khan, arXiv 2602.15214. Everything else is measured by this notebook.</small>
