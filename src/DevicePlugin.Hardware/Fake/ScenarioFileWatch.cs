using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Fake;

/// <summary>Says when a file was rewritten, or another one renamed over it.</summary>
internal sealed class ScenarioFileWatch : IDisposable
{
    // A rewrite in place is a truncation and some writes: the file is read when they are over.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);

    private readonly FileSystemWatcher _watcher;
    private readonly ITimer _settled;

    private ScenarioFileWatch(FileSystemWatcher watcher, TimeProvider timeProvider, Action changed)
    {
        _watcher = watcher;
        _settled = timeProvider.CreateTimer(_ => changed(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        watcher.Changed += (_, _) => Touch();
        watcher.Created += (_, _) => Touch();
        watcher.Renamed += (_, _) => Touch();
        watcher.Deleted += (_, _) => Touch();

        // Events were lost, or the folder went away: whatever happened, the file has to be looked at.
        watcher.Error += (_, _) => Touch();
        watcher.EnableRaisingEvents = true;
    }

    /// <returns>Null, logged, where the folder cannot be watched.</returns>
    public static ScenarioFileWatch? TryStart(
        string path, TimeProvider timeProvider, ILogger logger, Action changed)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path));
            return new ScenarioFileWatch(watcher, timeProvider, changed);
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            // No such folder, or the user's inotify instances are used up.
            watcher?.Dispose();
            logger.ScenarioNotWatched(path, exception.Message);
            return null;
        }
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _settled.Dispose();
    }

    private void Touch() => _settled.Change(Settle, Timeout.InfiniteTimeSpan);
}
