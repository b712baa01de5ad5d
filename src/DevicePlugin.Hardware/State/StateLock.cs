using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.Hardware.State;

/// <summary>
/// Says who may change the records in a state folder: the plugin that serves, or a command while none does. The kernel
/// gives the lock back when its process ends, however that happens.
/// </summary>
public sealed class StateLock : IDisposable
{
    /// <summary>How long a command may hold it before it writes: a plugin that starts waits for it, but not for ever.</summary>
    public static readonly TimeSpan EditLimit = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a plugin that starts waits. Longer than <see cref="EditLimit"/>, so that it reads what a command writes, or the
    /// command writes nothing; short of the 15 s within which Nomad gets the devices.
    /// </summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(5);

    private const string Name = "lock";

    // What .NET gives an exception of a file that is in use: EWOULDBLOCK on Linux, ERROR_SHARING_VIOLATION on Windows.
    private const int WouldBlock = 11;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <summary>False when the file was deleted or replaced: whoever looks for the lock takes another file for it.</summary>
    public bool IsInPlace => !OperatingSystem.IsLinux()
        || FileStatus.Read(_file.Name) is { } there
            && FileStatus.ReadOpen(_file.SafeFileHandle)?.Inode == there.Inode;

    /// <summary>Null when somebody else has it, or the folder cannot be used; then the reason is given.</summary>
    /// <param name="folder">Made where there is none.</param>
    /// <param name="isHeld">Whether it is that somebody else has it.</param>
    /// <param name="reason">Why it was not taken; empty when it was.</param>
    public static StateLock? TryTake(string folder, out bool isHeld, out string reason)
    {
        isHeld = false;
        reason = "";
        try
        {
            Directory.CreateDirectory(folder);

            // .NET takes flock(2) for an exclusive stream: advisory, held by the open file.
            return new StateLock(new FileStream(
                Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            isHeld = exception is IOException { HResult: WouldBlock or SharingViolation };
            reason = isHeld ? "another process holds it" : exception.Message.TrimEnd('.');
            return null;
        }
    }

    /// <summary>Whether a path is that of a lock.</summary>
    public static bool IsLock(string path) => Path.GetFileName(path) == Name;

    public void Dispose() => _file.Dispose();
}
