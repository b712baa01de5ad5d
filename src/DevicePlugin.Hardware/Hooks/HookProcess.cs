using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Hooks;

/// <summary>
/// One run of an operator's program: in a session of its own, with nothing of ours but what it reads, and not for long. Its
/// streams are files, so that nobody ever waits for the other end of a pipe, and that the last run can be looked at.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class HookProcess
{
    public const string InputName = "on-change.json";
    public const string OutputName = "on-change.log";

    private const long MostOutput = 1024 * 1024;

    /// <param name="program">The program.</param>
    /// <param name="input">For its standard input.</param>
    /// <param name="folder">Where the files of its streams are.</param>
    /// <param name="bootId">The kernel's id of this boot; null where it has none.</param>
    /// <param name="limit">After which it is killed with its process group.</param>
    /// <param name="timeProvider">Measures the limit.</param>
    /// <param name="cancellationToken">Kills it too.</param>
    public static async Task<ToolResult> RunAsync(
        TrustedProgram program, ReadOnlyMemory<byte> input, string folder, string? bootId, TimeSpan limit, TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        var output = Path.Combine(folder, OutputName);
        int id;
        try
        {
            PlainFolder.Create(folder);
            using var file = CreateFile(Path.Combine(folder, InputName));
            CreateFile(output).Dispose();

            // At an offset: the file is read from where it stands, which stays its beginning.
            NewFile.Write(file.SafeFileHandle, input.Span);
            var streams = new ChildStreams { Input = file.SafeFileHandle, OutputPath = output, Appends = true };
            var error = DetachedProcess.Start(program, [], streams, out id);
            if (error != 0)
            {
                return new ToolResult(null, $"it could not be started: {Marshal.GetPInvokeErrorMessage(error)}");
            }

            Record(folder, bootId, id);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new ToolResult(null, $"its input could not be written: {exception.Message.TrimEnd('.')}");
        }

        var code = await DetachedProcess.WaitAsync(id, limit, () => Cut(output), timeProvider, cancellationToken)
            .ConfigureAwait(false);
        HookRecord.Delete(folder);
        return code is null
            ? new ToolResult(null, $"it did not end within {DetachedProcess.SecondsOf(limit)} s and was killed") { IsHung = true }
            : new ToolResult(code, ReadEnd(output));
    }

    private static void Record(string folder, string? bootId, int id)
    {
        try
        {
            if (ProcessIdentity.Of(id) is { } process)
            {
                HookRecord.Write(folder, bootId, process);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It runs, and is waited for all the same: only a plugin that is killed meanwhile leaves it running.
        }
    }

    // Replaced, so that nothing is written through a link.
    private static FileStream CreateFile(string path)
    {
        File.Delete(path);
        return NewFile.Create(path, AtomicFile.PublicMode);
    }

    /// <summary>A program that prints without end must not fill what is mostly memory.</summary>
    private static void Cut(string output)
    {
        try
        {
            if (new FileInfo(output) is { Exists: true, Length: > MostOutput })
            {
                PlainFile.Empty(output);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The program, or an operator, removed it: then it does not grow here.
        }
    }

    private static string ReadEnd(string output)
    {
        const int MostTold = 200;
        try
        {
            using var file = PlainFile.Open(output, LinkRule.Refuse);
            var bytes = new byte[MostTold];
            var length = RandomAccess.Read(file, bytes, Math.Max(0, RandomAccess.GetLength(file) - MostTold));
            return Encoding.UTF8.GetString(bytes, 0, length).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
