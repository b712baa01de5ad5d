namespace DevicePlugin.Hardware.State;

/// <summary>
/// Says who may change the records in a state folder: the plugin that serves, or a command while none does. The kernel
/// gives the lock back when its process ends, however that happens.
/// </summary>
public sealed class StateLock : IDisposable
{
    private const string Name = "lock";

    // What .NET gives an exception of a file that is in use: EWOULDBLOCK on Linux, ERROR_SHARING_VIOLATION on Windows.
    private const int WouldBlock = 11;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

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

    public void Dispose() => _file.Dispose();
}
