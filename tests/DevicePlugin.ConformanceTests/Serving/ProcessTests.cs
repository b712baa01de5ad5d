using System.Diagnostics;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Serving;

/// <summary>How the process behaves towards the system it runs on.</summary>
[Platform("Linux")]
internal sealed class ProcessTests
{
    [Test]
    public async Task Sigterm_RightAfterTheHandshake_IsAnOrderlyExit()
    {
        using var plugin = await LaunchedPlugin.StartAsync();

        await plugin.SignalAsync("TERM");

        Assert.That(await plugin.WaitForExitAsync(), Is.Zero);
        Assert.That(plugin.SocketFiles, Is.Empty);
    }

    [Test]
    public async Task Sigint_RightAfterTheHandshake_IsIgnored()
    {
        using var plugin = await LaunchedPlugin.StartAsync();

        await plugin.SignalAsync("INT");
        await plugin.SignalAsync("TERM");

        Assert.That(await plugin.WaitForExitAsync(), Is.Zero, "SIGTERM ended it, not SIGINT before that");
        Assert.That(plugin.SocketFiles, Is.Empty);
    }

    // Go plugins, and this one, ignore SIGINT: whoever started one has to end it.
    [TestCase("INT")]
    [TestCase("TERM")]
    [TestCase("HUP")]
    [TestCase("QUIT")]
    public async Task Host_EndedByASignal_EndsItsPluginAndSaysThatItWasInterrupted(string signal)
    {
        // A program keeps ignoring what its parent ignores, as a shell's background job does; this test may be part of one.
        using var host = Process.Start(new ProcessStartInfo(
            "env",
            [$"--default-signal={signal}", Repository.Executable(), "host", "--scenario", "dgx-h100", "--samples", "1000", "--json"])
        {
            RedirectStandardOutput = true,
        })!;
        string? plugin = null;
        while (plugin is null && await host.StandardOutput.ReadLineAsync().DefaultTimeout() is { } line)
        {
            plugin = line.Contains("\"Fingerprint\"") ? await AskAsync("pgrep", "-P", $"{host.Id}") : null;
        }

        Assert.That(plugin, Is.Not.Null.And.Not.Empty);
        await AskAsync("kill", $"-{signal}", $"{host.Id}");
        await host.StandardOutput.ReadToEndAsync().DefaultTimeout();
        await host.WaitForExitAsync().DefaultTimeout();

        Assert.That(host.ExitCode, Is.EqualTo(130));
        Assert.That(Directory.Exists($"/proc/{plugin}"), Is.False, "the plugin is still running");
    }

    private static async Task<string> AskAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var answer = await process.StandardOutput.ReadToEndAsync().DefaultTimeout();
        await process.WaitForExitAsync().DefaultTimeout();
        return answer.Trim();
    }

    [Test]
    public async Task WorkingDirectory_IsNeitherOpenedNorWatched()
    {
        var folder = Directory.CreateTempSubdirectory("cwd");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "appsettings.json"), "{ this is no JSON");
            using var plugin = await LaunchedPlugin.StartAsync(folder.FullName);

            var open = plugin.OpenFiles.ToList();

            Assert.That(open, Has.None.Contains("inotify"));
            Assert.That(open, Has.None.StartsWith(folder.FullName));
            await plugin.SignalAsync("TERM");
            Assert.That(await plugin.WaitForExitAsync(), Is.Zero);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
