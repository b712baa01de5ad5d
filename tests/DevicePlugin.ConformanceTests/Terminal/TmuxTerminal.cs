using System.Diagnostics;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Terminal;

/// <summary>A real terminal with a shell in it, of which a test sees the screen.</summary>
internal sealed class TmuxTerminal : IAsyncDisposable
{
    private const string Prompt = "ready>";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("terminal");
    private readonly string _tmux;

    private TmuxTerminal(string tmux) => _tmux = tmux;

    public static async Task<TmuxTerminal> StartAsync(int columns, int lines, string locale = "C.UTF-8")
    {
        var terminal = new TmuxTerminal(Prerequisite.Command("tmux", "tmux"));
        try
        {
            await terminal.RunAsync(
                "new-session", "-d", "-x", $"{columns}", "-y", $"{lines}", "-e", $"LC_ALL={locale}", "/bin/sh");
            await terminal.TypeAsync($"PS1='{Prompt} '");
            await terminal.WaitForPromptAsync();
            return terminal;
        }
        catch
        {
            await terminal.DisposeAsync();
            throw;
        }
    }

    /// <summary>Types a line into the shell.</summary>
    public Task TypeAsync(string line) => RunAsync("send-keys", line, "Enter");

    public Task PressAsync(string key) => RunAsync("send-keys", key);

    public Task ResizeAsync(int columns, int lines) => RunAsync("resize-window", "-x", $"{columns}", "-y", $"{lines}");

    /// <summary>The screen without the empty lines at its end.</summary>
    public async Task<string> CaptureAsync() => (await RunAsync("capture-pane", "-p")).TrimEnd();

    /// <summary>A variable of tmux, for example <c>cursor_flag</c>.</summary>
    public async Task<string> ReadAsync(string variable) =>
        (await RunAsync("display-message", "-p", $"#{{{variable}}}")).Trim();

    /// <summary>The first screen that is as expected; the one that was last seen is told when none comes.</summary>
    public async Task<string> WaitForAsync(Func<string, bool> isExpected)
    {
        var clock = Stopwatch.StartNew();
        string screen;
        do
        {
            screen = await CaptureAsync();
            if (isExpected(screen))
            {
                return screen;
            }
        }
        while (clock.Elapsed < TimeSpan.FromSeconds(30));
        throw new TimeoutException($"The screen did not come to be as expected:\n{screen}");
    }

    /// <summary>The screen once the shell waits for a line.</summary>
    public Task<string> WaitForPromptAsync() =>
        WaitForAsync(screen => screen.EndsWith(Prompt, StringComparison.Ordinal));

    /// <summary>Sends a signal to what the shell runs.</summary>
    public async Task SignalAsync(string signal)
    {
        var shell = await ReadAsync("pane_pid");
        var child = (await File.ReadAllTextAsync($"/proc/{shell}/task/{shell}/children")).Trim();
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {child}"]);
        await kill.WaitForExitAsync().DefaultTimeout();
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("kill-server");
        _folder.Delete(recursive: true);
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var socket = Path.Combine(_folder.FullName, "socket");
        var start = new ProcessStartInfo(_tmux, ["-S", socket, "-f", "/dev/null", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A tmux that the tests themselves run in is none of this one's business.
        start.Environment.Remove("TMUX");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().DefaultTimeout();
        Assert.That(process.ExitCode, Is.Zero, await errors);
        return await output;
    }
}
