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
