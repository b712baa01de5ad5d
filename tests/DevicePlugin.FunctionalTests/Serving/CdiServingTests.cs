using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Serving;

/// <summary>When the plugin as a whole writes its CDI spec, and when it takes it away.</summary>
internal sealed class CdiServingTests
{
    private string _root = null!;

    private string SpecPath => Path.Combine(_root, "cdi", "nomad-device-gpu.json");

    [SetUp]
    public void SetUp()
    {
        _root = Directory.CreateTempSubdirectory("cdi").FullName;
        for (var minor = 0; minor < 8; minor++)
        {
            Directory.CreateDirectory(Path.Combine(_root, "dev"));
            File.WriteAllText(Path.Combine(_root, "dev", $"nvidia{minor}"), "");
        }
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_root, recursive: true);

    [Test]
    public async Task Spec_IsWrittenAfterTheFirstFingerprintAndRemovedWithTheStrategy()
    {
        await using var node = await ServedNode.StartAsync(Configuration("cdi"));
        await node.Device.ReserveAsync(new ReserveRequest()).ResponseAsync.DefaultTimeout();
        Assert.That(
            Directory.Exists(Path.GetDirectoryName(SpecPath)), Is.False, "Nomad starts the plugin to look at it too");

        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();
        await Eventually.BecomesTrue(() => File.Exists(SpecPath));

        await node.ConfigureAsync(Configuration("volume-mounts"));
        await Eventually.BecomesTrue(() => !File.Exists(SpecPath));
    }

    [Test]
    public async Task Spec_LeftByAnEarlierRun_IsRemovedWhenItIsNoLongerAskedFor()
    {
        await using (var earlier = await ServedNode.StartAsync(Configuration("cdi")))
        {
            using var first = earlier.Device.Fingerprint(new FingerprintRequest());
            await first.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();
            await Eventually.BecomesTrue(() => File.Exists(SpecPath));
        }

        Assert.That(File.Exists(SpecPath), "tasks may start while the plugin is stopped");
        await using var node = await ServedNode.StartAsync(Configuration("envvar"));
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await Eventually.BecomesTrue(() => !File.Exists(SpecPath));
    }

    // A real plugin of the same node has its spec there.
    [TestCase("/var/run/cdi")]
    [TestCase("/run/cdi/")]
    [TestCase("/etc/cdi")]
    public async Task SimulatedGpus_InAFolderOfContainerRuntimes_WriteAndRemoveNothing(string folder)
    {
        var path = Path.Combine(folder, "nomad-device-gpu.json");
        var before = File.Exists(path) ? await File.ReadAllTextAsync(path) : null;
        await using var node = await ServedNode.StartAsync(Configuration("cdi", folder));
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();
        var device = fingerprint.ResponseStream.Current.DeviceGroup[0].Devices[0];

        var reply = await node.Device.ReserveAsync(new ReserveRequest { DeviceIds = { device.ID } }).ResponseAsync.DefaultTimeout();

        Assert.That(reply.ContainerRes.Envs["NVIDIA_CDI_DEVICES"], Is.EqualTo($"nvidia.com/gpu={device.ID}"));
        Assert.That(node.Logs.Named("NoCdiSpecForSimulatedGpus").First().Message, Does.Contain($"\"{folder}\""));
        Assert.That(node.Logs.Named("CdiSpecWritten").Concat(node.Logs.Named("CdiSpecRemoved")), Is.Empty);
        Assert.That(File.Exists(path) ? await File.ReadAllTextAsync(path) : null, Is.EqualTo(before));
    }

    [Test]
    public async Task Command_ThatOnlyLooks_WritesNoSpec()
    {
        var config = Path.Combine(_root, "config.json");
        await File.WriteAllTextAsync(config, Configuration("cdi"));

        var run = await PluginProcess.RunAsync(null, "fingerprint", "--config", config);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(File.Exists(SpecPath), Is.False);
    }

    private string Configuration(string strategy, string? folder = null) => $$$"""
        {"backend":"fake","state_dir":"{{{_root}}}/state","dev_root":"{{{_root}}}/dev","driver_root":"{{{_root}}}",
         "reserve":{"strategies":["{{{strategy}}}"],"cdi_spec_dir":"{{{folder ?? $"{_root}/cdi"}}}"}}
        """;
}
