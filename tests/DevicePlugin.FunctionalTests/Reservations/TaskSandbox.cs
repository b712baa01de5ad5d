using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>
/// Runs the test task in a mount namespace and a root of its own, as exec does: an image with nothing of the driver, then
/// what a reservation gives, and nothing else.
/// </summary>
internal sealed class TaskSandbox(HostRoot host)
{
    /// <summary>Prints the UUIDs of the devices that it can use.</summary>
    public static string Program => Prerequisite.File(
        Path.Combine(Repository.Root, "artifacts", "c", "gpu_task"), "./build.sh taskprograms");

    public static void Require()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the right to make namespaces", "run the tests as root");
        Prerequisite.Command("unshare", "util-linux");
        _ = Program;
    }

    /// <summary>The UUIDs that the task could use.</summary>
    /// <param name="environment">Set by the job, as users are told to.</param>
    public string[] Run(ContainerReservation reservation, params string[] environment)
    {
        var root = Directory.CreateTempSubdirectory("task").FullName;
        try
        {
            var script = string.Join('\n', ScriptOf(reservation, root, environment));
            return Shell.Run(script, "unshare", "--mount", "--propagation", "private", "--")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private IEnumerable<string> ScriptOf(ContainerReservation reservation, string root, string[] environment)
    {
        yield return $"root='{root}'";

        // What is mounted here is gone with the namespace, and the folder below can be deleted.
        yield return "mount -t tmpfs tmpfs \"$root\"";
        yield return "copy() { mkdir -p \"$root$(dirname \"$1\")\"; cp -L \"$1\" \"$root$1\"; }";
        yield return $"for file in $(ldd '{Program}' '{host.DriverRoot}'/usr/lib/x86_64-linux-gnu/*.so.* "
            + "| awk '$2 == \"=>\" && $3 ~ /^\\// { print $3 } $1 ~ /^\\// && NF == 2 { print $1 }' | sort -u); "
            + "do copy \"$file\"; done";
        yield return "mkdir -p \"$root/bin\" \"$root/proc\" \"$root/hardware\"";
        yield return $"cp '{Program}' \"$root/bin/gpu_task\"";
        yield return $"cp -r '{host.ProcRoot}/driver' \"$root/proc/\"";
        yield return $"cp '{host.ScenarioPath}' \"$root/hardware/scenario\"";
        foreach (var mount in reservation.Mounts)
        {
            yield return $"target=\"$root{mount.TaskPath}\"; mkdir -p \"$(dirname \"$target\")\"; : > \"$target\"";
            yield return $"mount --bind '{mount.HostPath}' \"$target\"";
            yield return mount.ReadOnly ? "mount -o remount,bind,ro \"$target\"" : ":";
        }

        foreach (var node in reservation.Devices)
        {
            // As libcontainer does it: a node of its own with the numbers of the host's.
            yield return $"target=\"$root{node.TaskPath}\"; mkdir -p \"$(dirname \"$target\")\"";
            yield return $"mknod \"$target\" c $(printf '%d %d' $(stat -c '0x%t 0x%T' '{node.HostPath}'))";
        }

        var variables = reservation.Envs.Select(pair => $"{pair.Key}={pair.Value}")
            .Concat(environment).Append("HWMOCKS_SCENARIO=/hardware/scenario");
        yield return $"exec env -i {string.Join(' ', variables.Select(variable => $"'{variable}'"))} "
            + "\"$(command -v chroot)\" \"$root\" /bin/gpu_task";
    }
}
