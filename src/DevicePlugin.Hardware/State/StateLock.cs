using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using Microsoft.Win32.SafeHandles;

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

    private readonly string _path;
    private readonly SafeFileHandle _file;

    private StateLock(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>False when the file was deleted or replaced: whoever looks for the lock takes another file for it.</summary>
    public bool IsInPlace => !OperatingSystem.IsLinux()
        || FileStatus.ReadLink(_path) is { } there
            && FileStatus.ReadOpen(_file)?.Inode == there.Inode;

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
            PlainFolder.Create(folder);
            var path = Path.GetFullPath(Path.Combine(folder, Name));
            if (LockFile.TryTake(path) is { } file)
            {
                return new StateLock(path, file);
            }

            isHeld = true;
            reason = "another process holds it";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reason = $"\"{Path.Combine(folder, Name)}\": {exception.Message.TrimEnd('.')}";
        }

        return null;
    }

    /// <summary>Whether a path is that of a lock.</summary>
    public static bool IsLock(string path) => Path.GetFileName(path) == Name;

    public void Dispose() => _file.Dispose();
}
