using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.Hardware.Files;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Tools;

/// <summary>
/// Starts what is to outlive the plugin: in a session of its own, at the root folder, with nothing of ours but what is
/// given here. .NET's own way always hands the child our standard streams or pipes to us. Nomad learns of a plugin's end
/// by the end of these streams (go-plugin, client.go), and whoever holds a pipe to us dies of writing to it later.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class DetachedProcess
{
    // spawn.h, the same with glibc and musl.
    private const short DefaultSignals = 0x04;
    private const short SignalMask = 0x08;
    private const short NewSession = 0x80;

    // posix_spawnattr_t has 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128.
    private const int AmpleSize = 512;

    private const int ReadOnly = 0;
    private const int OwnerWrites = 0x1A4; // 0644
    private const int KillSignal = 9;

    private const int NoHang = 1;
    private const int UnknownExit = 255;

    // A launcher says a line or two.
    private const int MostOutput = 64 * 1024;

    // O_WRONLY | O_APPEND, and O_WRONLY | O_CREAT | O_TRUNC.
    private static int AppendToFile => 1 | 0x400 | PlainFile.NoFollow;

    private static int WriteNewFile => 1 | 0x40 | 0x200 | PlainFile.NoFollow;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    // Whoever is killed while a device or a disk has it ends later, or never.
    private static readonly TimeSpan ReapLimit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Runs a launcher, a program that puts its real work into the background and ends. What both print goes to
    /// <paramref name="outputPath"/>, which may be read as long as they run.
    /// </summary>
    public static async Task<ToolResult> RunLauncherAsync(
        TrustedProgram program, string[] arguments, string outputPath, TimeSpan limit, TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        var error = Start(program, arguments, new ChildStreams { OutputPath = outputPath }, out var id);
        if (error != 0)
        {
            return new ToolResult(null, $"'{program.Path}' could not be started: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        return await WaitAsync(id, limit, () => { }, timeProvider, cancellationToken).ConfigureAwait(false) is { } code
            ? new ToolResult(code, ReadOutput(outputPath))
            : new ToolResult(null, $"it did not go to the background within {SecondsOf(limit)} s") { IsHung = true };
    }

    /// <summary>Null when it did not end in time: then it is killed with its group, as it is when the wait is cancelled.</summary>
    /// <param name="id">A process that <see cref="Start"/> started and nobody waited for yet.</param>
    /// <param name="limit">How long it may run.</param>
    /// <param name="meanwhile">Done again and again while it runs.</param>
    /// <param name="timeProvider">Measures the limit. The pauses are real ones, since the process is.</param>
    /// <param name="cancellationToken">Kills it too.</param>
    public static async Task<int?> WaitAsync(
        int id, TimeSpan limit, Action meanwhile, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        try
        {
            while (timeProvider.GetElapsedTime(began) < limit)
            {
                if (TryWait(id) is { } code)
                {
                    return code;
                }

                meanwhile();
                await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            KillGroup(id);
            _ = TryReapAsync(id);
            throw;
        }

        // It may have ended in the last pause.
        if (TryWait(id) is { } last)
        {
            return last;
        }

        KillGroup(id);
        await TryReapAsync(id).ConfigureAwait(false);
        return null;
    }

    /// <returns>Zero, or why it was not started. Whoever starts it waits for its end by <see cref="TryWait"/>.</returns>
    public static unsafe int Start(
        TrustedProgram program, string[] arguments, ChildStreams streams, out int id)
    {
        var actions = stackalloc byte[AmpleSize];
        var attributes = stackalloc byte[AmpleSize];
        _ = InitActions(actions);
        _ = InitAttributes(attributes);
        try
        {
            SetSignals(attributes);
            _ = streams.Input is { } input
                ? AddDuplicate(actions, (int)input.DangerousGetHandle(), 0)
                : AddOpen(actions, 0, "/dev/null", ReadOnly, 0);
            _ = streams.Output is { } output
                ? AddDuplicate(actions, (int)output.DangerousGetHandle(), 1)
                : AddOpen(actions, 1, streams.OutputPath, streams.Appends ? AppendToFile : WriteNewFile, OwnerWrites);
            _ = streams.KeepsErrors ? AddDuplicate(actions, 1, 2) : AddOpen(actions, 2, "/dev/null", AppendToFile, 0);
            CloseOthers(actions);
            ChangeFolder(actions, program.Folder);
            var variables = program.Environment.Select(variable => $"{variable.Key}={variable.Value}");
            using var argumentList = new NativeStrings([program.Path, .. arguments]);
            using var variableList = new NativeStrings([.. variables]);
            return Spawn(out id, program.Path, actions, attributes, argumentList.Pointer, variableList.Pointer);
        }
        finally
        {
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
        }
    }

    public static string SecondsOf(TimeSpan limit) => limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether a child is still running. Reaps the child when it is not, so do not ask again.</summary>
    public static bool IsRunning(int id) => TryWait(id) is null;

    /// <summary>Null while it runs. How it ended is unknown when somebody else took its status: that is no success.</summary>
    private static int? TryWait(int id)
    {
        var waited = WaitFor(id, out var status, NoHang);
        return waited == 0 ? null : waited == id ? ExitCodeOf(status) : UnknownExit;
    }

    // Only for one whose end was not waited for yet: until then its id belongs to nobody else.
    public static void KillGroup(int id) => _ = Signal(-id, KillSignal);

    private static async Task TryReapAsync(int id)
    {
        for (var began = TimeProvider.System.GetTimestamp();
            TryWait(id) is null && TimeProvider.System.GetElapsedTime(began) < ReapLimit;)
        {
            await Task.Delay(Poll).ConfigureAwait(false);
        }
    }

    // The runtime ignores SIGPIPE, and a child would inherit that.
    private static unsafe void SetSignals(byte* attributes)
    {
        var signals = stackalloc byte[AmpleSize];
        _ = FillSignals(signals);
        _ = SetDefaultSignals(attributes, signals);
        _ = EmptySignals(signals);
        _ = SetSignalMask(attributes, signals);
        _ = SetFlags(attributes, DefaultSignals | SignalMask | NewSession);
    }

    /// <summary>
    /// The runtime opens everything with O_CLOEXEC, but a native library or whoever started us may not have. glibc closes
    /// all of them in the child since 2.34. Elsewhere those that are open now are named: one that is gone by then is not an error
    /// to posix_spawn, one that another thread opens meanwhile is inherited.
    /// </summary>
    private static unsafe void CloseOthers(byte* actions)
    {
        if (NativeLibrary.TryGetExport(
            NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addclosefrom_np", out var function))
        {
            _ = ((delegate* unmanaged[Cdecl]<byte*, int, int>)function)(actions, 3);
            return;
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor)
                && descriptor > 2)
            {
                _ = AddClose(actions, descriptor);
            }
        }
    }

    // A folder that a daemon works in cannot be unmounted. glibc has the function since 2.29; without it the daemon stays
    // where Nomad runs.
    private static unsafe void ChangeFolder(byte* actions, string folder)
    {
        if (NativeLibrary.TryGetExport(
            NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addchdir_np", out var function))
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(folder + '\0'))
            {
                _ = ((delegate* unmanaged[Cdecl]<byte*, byte*, int>)function)(actions, path);
            }
        }
    }

    private static int ExitCodeOf(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);

    private static string ReadOutput(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(PlainFile.ReadStart(path, MostOutput, out _, LinkRule.Refuse)).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Spawn(
        out int id, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int id, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitFor(int id, out int status, int options);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int InitActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int DestroyActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static unsafe partial int AddDuplicate(byte* actions, int descriptor, int copy);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclose")]
    private static unsafe partial int AddClose(byte* actions, int descriptor);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int InitAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static unsafe partial int SetDefaultSignals(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static unsafe partial int SetSignalMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static unsafe partial int FillSignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static unsafe partial int EmptySignals(byte* signals);
}

/// <summary>The standard streams of a process that is started.</summary>
internal readonly record struct ChildStreams()
{
    /// <summary>A file, whose reading begins where it stands; null for nothing to read.</summary>
    public SafeFileHandle? Input { get; init; }

    /// <summary>For the output, and the errors where they are kept; null for <see cref="OutputPath"/>.</summary>
    public SafeFileHandle? Output { get; init; }

    public string OutputPath { get; init; } = "/dev/null";

    /// <summary>Whether errors go where the output goes, or nowhere.</summary>
    public bool KeepsErrors { get; init; } = true;

    /// <summary>Whether the output's file exists and is appended to, so that it can be cut meanwhile.</summary>
    public bool Appends { get; init; }
}
