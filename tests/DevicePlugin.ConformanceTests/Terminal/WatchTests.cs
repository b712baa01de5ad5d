using System.Diagnostics;
using DevicePlugin.ConformanceTests.CommandLine;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Terminal;

/// <summary>The command watch in a terminal as people have it.</summary>
[Platform("Linux")]
internal sealed class WatchTests
{
    private const string Before = "what was there before";

    private static string Watch(string scenario) =>
        $"{Repository.Executable()} watch --scenario {scenario} --interval 200ms";

    [Test]
    public async Task Watch_80By24_ShowsEveryGpuAndQLeavesTheTerminalAsItWas()
    {
        await using var terminal = await StartAsync(80, 24, "dgx-h100");

        var screen = await terminal.WaitForAsync(text => text.Contains("7 H100 80GB HBM3"));

        Assert.That(screen, Does.Match(@"\nGPU +Util Last 60 s +Memory GiB +Temp +Power +Health\n0 H100 80GB HBM3 +0% +▁"));
        Assert.That(await terminal.ReadAsync("alternate_on"), Is.EqualTo("1"));
        Assert.That(await terminal.ReadAsync("cursor_flag"), Is.EqualTo("0"));
        await terminal.PressAsync("q");
        await AssertIsCleanAsync(terminal, exitCode: 0);
    }

    [TestCase("C-c")]
    [TestCase("Escape")]
    [TestCase("C-\\")]
    public async Task Watch_KeyThatEnds_LeavesTheTerminalAsItWas(string key)
    {
        await using var terminal = await StartAsync(80, 24, "t4");
        await terminal.WaitForAsync(text => text.Contains("0 Tesla T4"));

        await terminal.PressAsync(key);

        await AssertIsCleanAsync(terminal, exitCode: 0);
    }

    [TestCase("TERM")]
    [TestCase("HUP")]
    public async Task Watch_SignalThatEnds_LeavesTheTerminalAsItWas(string signal)
    {
        await using var terminal = await StartAsync(80, 24, "t4");
        await terminal.WaitForAsync(text => text.Contains("0 Tesla T4"));

        await terminal.SignalAsync(signal);

        await AssertIsCleanAsync(terminal, exitCode: 0);
    }

    [Test]
    public async Task Watch_Resized_ShowsTheColumnsThatFit()
    {
        await using var terminal = await StartAsync(80, 24, "dgx-a100-mig");
        await terminal.WaitForAsync(text => text.Contains("└ 1g.5gb 7/0"));

        await terminal.ResizeAsync(140, 40);
        await terminal.WaitForAsync(text => text.Contains("Held down") && text.Contains("└ 1g.5gb 10/0"));
        await terminal.ResizeAsync(20, 10);
        var narrow = await terminal.WaitForAsync(text => text.Contains("lines 1-7 of"));

        Assert.That(narrow.Split('\n'), Has.Length.EqualTo(10).And.All.Length.LessThan(20));
        await terminal.ResizeAsync(80, 24);
        await terminal.WaitForAsync(text => text.Contains("q quits") && text.Contains("Memory GiB"));
    }

    [Test]
    public async Task Watch_MoreThanFits_ScrollsByKeys()
    {
        await using var terminal = await StartAsync(80, 24, "sick");
        var top = await terminal.WaitForAsync(text => text.Contains("lines 1-21 of"));
        Assert.That(top, Does.Contain("12 unhealthy").And.Contain("GPU is lost: ").And.Not.Contain("13 H100"));

        await terminal.PressAsync("End");

        await terminal.WaitForAsync(text => text.Contains("13 H100") && !text.Contains("GPU is lost: "));
        await terminal.PressAsync("Home");
        await terminal.WaitForAsync(text => text.Contains("lines 1-21 of"));
    }

    [Test]
    public async Task Watch_NoUtf8_IsAsciiOnly()
    {
        await using var terminal = await StartAsync(80, 24, "dgx-a100-mig", "C");

        var screen = await terminal.WaitForAsync(text => text.Contains("- 1g.5gb 7/0"));

        Assert.That(screen, Does.Match(@"^[\x20-\x7e\n]+$"));
    }

    [Test]
    public async Task Watch_Piped_IsPlainLines()
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"{Watch("dgx-a100-mig")} 2>/dev/null | head -42"])
        {
            RedirectStandardOutput = true,
        };
        using var shell = Process.Start(start)!;

        var output = await shell.StandardOutput.ReadToEndAsync().DefaultTimeout();

        await shell.WaitForExitAsync().DefaultTimeout();
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(42).And.All.Matches(@"^\d\d:\d\d:\d\d  [\x20-\x7e]+$"));
        Assert.That(lines, Has.Exactly(18).Contains("- 1g.5gb"), "nine in each of two samples");
    }

    [Test]
    public async Task Watch_BadInterval_IsBadInput()
    {
        var run = await Cli.RunAsync("watch", "--scenario", "t4", "--interval", "often");

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("often"));
    }

    private static async Task<TmuxTerminal> StartAsync(int columns, int lines, string scenario, string locale = "C.UTF-8")
    {
        var executable = Watch(scenario);
        var terminal = await TmuxTerminal.StartAsync(columns, lines, locale);
        await terminal.TypeAsync($"clear; echo {Before}");
        await terminal.WaitForAsync(screen => screen.StartsWith(Before, StringComparison.Ordinal));
        await terminal.TypeAsync(executable);
        return terminal;
    }

    private static async Task AssertIsCleanAsync(TmuxTerminal terminal, int exitCode)
    {
        // A key that comes too early would still be the command's.
        await terminal.WaitForPromptAsync();
        await terminal.TypeAsync("echo exit code $?");

        // Once as it was typed, which shows that the terminal echoes, and once as the shell's answer.
        var screen = await terminal.WaitForAsync(
            text => text.Contains("> echo exit code $?") && text.Contains($"\nexit code {exitCode}"));
        Assert.That(screen, Does.Contain(Before).And.Not.Contain("Memory GiB"));
        Assert.That(await terminal.ReadAsync("alternate_on"), Is.EqualTo("0"));
        Assert.That(await terminal.ReadAsync("cursor_flag"), Is.EqualTo("1"));
        Assert.That(await terminal.ReadAsync("keypad_cursor_flag"), Is.EqualTo("0"));
        Assert.That(await terminal.ReadAsync("wrap_flag"), Is.EqualTo("1"));
    }
}
