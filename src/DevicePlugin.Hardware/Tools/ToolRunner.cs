using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace DevicePlugin.Hardware.Tools;

/// <summary>Runs a program of the driver without a shell, for a limited time, and keeps a limited output.</summary>
internal static class ToolRunner
{
    // The longest answer is a list of processes.
    private const int MostCharacters = 64 * 1024;

    /// <param name="tool">Path of the program.</param>
    /// <param name="arguments">Each one is passed as it is.</param>
    /// <param name="environment">All of it.</param>
    /// <param name="input">For its standard input, which is closed after it.</param>
    /// <param name="limit">After which it is killed.</param>
    /// <param name="timeProvider">Measures the limit.</param>
    /// <param name="cancellationToken">Kills it too.</param>
    public static async Task<ToolResult> RunAsync(
        string tool, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string input,
        TimeSpan limit, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var child = Process.Start(StartInfo(tool, arguments, environment))
                ?? throw new IOException($"'{tool}' could not be started");
            try
            {
                return await TalkAsync(child, input, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                Kill(child);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var seconds = limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            return new ToolResult(null, $"it did not end within {seconds} s") { IsHung = true };
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            return new ToolResult(null, exception.Message);
        }
    }

    private static ProcessStartInfo StartInfo(
        string tool, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task<ToolResult> TalkAsync(Process child, string input, CancellationToken cancellationToken)
    {
        var output = ReadAsync(child.StandardOutput, cancellationToken);
        var errors = ReadAsync(child.StandardError, cancellationToken);
        try
        {
            await child.StandardInput.WriteAsync(input.AsMemory(), cancellationToken).ConfigureAwait(false);
            child.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code tells why.
        }

        var text = $"{await output.ConfigureAwait(false)}\n{await errors.ConfigureAwait(false)}".Trim();
        await child.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return new ToolResult(child.ExitCode, text);
    }

    // What is beyond the limit is read and dropped, so that the tool can end.
    private static async Task<string> ReadAsync(StreamReader stream, CancellationToken cancellationToken)
    {
        var kept = new char[MostCharacters];
        var length = await stream.ReadBlockAsync(kept, cancellationToken).ConfigureAwait(false);
        var dropped = new char[4096];
        while (length == kept.Length && await stream.ReadAsync(dropped, cancellationToken).ConfigureAwait(false) > 0)
        {
        }

        return new string(kept, 0, length);
    }

    private static void Kill(Process child)
    {
        try
        {
            child.Kill();
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
    }
}
