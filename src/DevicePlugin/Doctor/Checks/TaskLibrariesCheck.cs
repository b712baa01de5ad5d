using System.Collections.Immutable;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// After an upgrade of the driver, a process that was started before keeps the old libraries, whose calls the new kernel module
/// refuses.
/// </summary>
internal sealed class TaskLibrariesCheck() : Check("task-libraries", CheckScope.RealGpus | CheckScope.Linux)
{
    private const int MostTold = 8;

    // Reading the maps of a process waits for a lock that a process which hangs in the driver may have.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    protected override Finding Look(Examination node)
    {
        if (node.Inventory.Driver is not { IsLoaded: true, Version: { } version })
        {
            return Finding.Pass("not looked at: no driver is loaded");
        }

        using var stop = new CancellationTokenSource();
        var search = Task.Factory.StartNew(
            () => LibraryUsers.Find(node.Files.Locate(node.Config.ProcRoot), version, stop.Token),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (Task.WaitAny([search], Limit) < 0)
        {
            stop.Cancel();
            return Finding.Warn(
                $"the processes could not be looked at within {Limit.TotalSeconds:0} s",
                "Look for processes that hang: ps -eo pid,stat,comm, state D.");
        }

        return Tell(search.GetAwaiter().GetResult(), version, node.IsPrivileged);
    }

    private static Finding Tell(LibraryUsers users, string version, bool isPrivileged)
    {
        var unread = users.Unreadable > 0 ? $"; {(users.Unreadable == 1 ? "1 process" : $"{users.Unreadable} processes")} could not be read" : "";
        if (!users.Found.IsEmpty)
        {
            return Finding.Warn(
                $"libraries of another driver than the loaded {version} are in use: {Enumerate(users.Found)}{unread}",
                "Restart these tasks and programs: a process keeps the libraries that it was started with.");
        }

        var seen = $"no process has libraries of another driver than the loaded {version}{unread}";
        return users.Unreadable > 0 && !isPrivileged
            ? Finding.Warn(seen, "Run doctor as root, who may look at all processes.")
            : Finding.Pass(seen);
    }

    private static string Enumerate(ImmutableArray<LibraryUser> found)
    {
        var told = string.Join(", ", found.Take(MostTold).Select(user =>
            $"process {user.Id} ({user.Name}{(user.Task is { } task ? $", task {task}" : "")}) has {user.Library}"));
        return found.Length > MostTold ? $"{told}, and {found.Length - MostTold} more" : told;
    }
}
