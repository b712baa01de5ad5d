namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>The executable after a downgrade, with the records of a newer version.</summary>
[Platform("Linux")]
internal sealed class NewerStateTests
{
    [Test]
    public async Task Records_OfANewerVersion_AreKeptAsideAndTheGpusAreOfferedWithAWarning()
    {
        await using var node = new HostileNode();
        string[] names = ["health.json", "gpus.json"];
        foreach (var name in names)
        {
            Write(node, name);
        }

        await node.StartAsync();
        var devices = await node.UntilAsync(devices => devices.Count == 8);

        Assert.That(devices.Select(device => device.Healthy), Is.All.True);
        foreach (var name in names)
        {
            var path = node.Locate($"state/{name}");
            Assert.That(File.ReadAllText($"{path}.newer"), Does.Contain("\"version\": 2"));
            Assert.That(node.Logs.Select(line => line.Message), Has.Exactly(1).Contains($"moved to \"{path}.newer\""));
        }

        await node.EndAsync();
    }

    [Test]
    public async Task Cordons_OfANewerVersion_KeepEveryGpuFromTasks()
    {
        await using var node = new HostileNode();
        Write(node, "cordons.json");

        await node.StartAsync();
        var devices = await node.UntilAsync(devices => devices.Count == 8);

        Assert.That(devices.Select(device => device.Healthy), Is.All.False);
        Assert.That(node.Logs.Select(line => line.Message), Has.Some.Contains("a newer version of the plugin wrote it"));
        await node.EndAsync();
    }

    private static void Write(HostileNode node, string name)
    {
        var path = node.Locate($"state/{name}");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, """{"version": 2, "members": []}""");
    }
}
