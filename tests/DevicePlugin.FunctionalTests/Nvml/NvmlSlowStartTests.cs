using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Nomad.Protocol;
using Grpc.Core;
using PluginClient = DevicePlugin.GoPlugin.Client.PluginClient;
using Wire = DevicePlugin.Nomad.Protocol.DevicePlugin;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>A driver that takes its time when the plugin starts: the first message has what is known, the rest follows.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class NvmlSlowStartTests
{
    private static readonly string Healthy = MockNode.BuiltIn("dgx-h100");

    private readonly string _folder = Directory.CreateTempSubdirectory("slow").FullName;

    private string ScenarioPath => Path.Combine(_folder, "scenario.json");

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task DriverOpensSlowlyAndCudaIsSlower_TheFirstMessageHasTheGpusAndTheNextCudasFacts()
    {
        await WriteAsync(
            """{"id": "init", "function": "nvmlInit*", "delay_ms": 6000}""",
            """{"id": "cuda", "function": "cuInit", "delay_ms": 9000}""");
        await using var client = await StartAsync();
        using var stream = Watch(client);

        var first = await NextAsync(stream);
        var second = await NextAsync(stream);

        Assert.That(first.Devices, Has.Count.EqualTo(8).And.All.Property(nameof(DetectedDevice.Healthy)).True);
        Assert.That(first.Attributes.Keys, Does.Contain("memory").And.Not.Contain("l2_cache"));
        Assert.That(second.Devices, Has.Count.EqualTo(8).And.All.Property(nameof(DetectedDevice.Healthy)).True);
        Assert.That(second.Attributes.Keys.Except(first.Attributes.Keys), Does.Contain("l2_cache"));
    }

    [Test]
    public async Task PluginIsStartedAgainAndTheDriverDoesNotOpen_TheGpusThatTasksHaveAreListedAndReadWhenItDoes()
    {
        await WriteAsync();
        DeviceGroup before;
        await using (var earlier = await StartAsync())
        {
            using var stream = Watch(earlier);
            before = await NextAsync(stream);
            var known = Path.Combine(_folder, "state", "gpus.json");
            await Eventually.BecomesTrue(() => File.Exists(known) && File.ReadAllText(known).Contains(Healthy.UuidOf(7)));
        }

        await WriteAsync("""{"id": "init", "function": "nvmlInit*", "hang": true}""");
        await using var client = await StartAsync();
        using var messages = Watch(client);
        var first = await NextAsync(messages);
        await WriteAsync();
        var second = await NextAsync(messages);

        Assert.That(first.DeviceName, Is.EqualTo(before.DeviceName));
        Assert.That(first.Devices.Select(device => device.ID), Is.EqualTo(before.Devices.Select(device => device.ID)));
        Assert.That(first.Devices, Has.All.Property(nameof(DetectedDevice.Healthy)).False);
        Assert.That(first.Devices[0].HealthDescription, Does.StartWith("GPU is not read yet: nvmlInit_v2 did not return within 10 s"));
        Assert.That(second, Is.EqualTo(before));
    }

    private static AsyncServerStreamingCall<FingerprintResponse> Watch(PluginClient client) =>
        new Wire.DevicePluginClient(client.CallInvoker).Fingerprint(new FingerprintRequest());

    // The plugin itself takes up to 15 s for the first message.
    private static async Task<DeviceGroup> NextAsync(AsyncServerStreamingCall<FingerprintResponse> stream)
    {
        Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(40)), Is.True);
        return stream.ResponseStream.Current.DeviceGroup.Single();
    }

    private async Task WriteAsync(params string[] calls)
    {
        var scenario = MockScenario.With(
            Healthy, root => root["calls"] = new JsonArray([.. calls.Select(call => JsonNode.Parse(call))]));
        await File.WriteAllTextAsync(ScenarioPath + ".new", scenario);
        File.Move(ScenarioPath + ".new", ScenarioPath, overwrite: true);
    }

    private Task<PluginClient> StartAsync() => MockedPlugin.StartAsync(ScenarioPath, new JsonObject
    {
        ["nvml_library"] = PluginProcess.MockLibrary(), ["state_dir"] = Path.Combine(_folder, "state"),
        ["run_dir"] = Path.Combine(_folder, "run"),
    }.ToJsonString());
}
