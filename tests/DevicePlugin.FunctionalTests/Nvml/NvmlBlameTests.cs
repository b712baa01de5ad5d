using System.Text.Json.Nodes;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Grpc.Core;
using Wire = DevicePlugin.Nomad.Protocol.DevicePlugin;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>
/// What Nomad is told while the driver's lock is held: nobody may be advised to reset a GPU that may be well. The executable in a
/// process of its own, by the real clock, with the calls of all GPUs in each other's way.
/// </summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class NvmlBlameTests
{
    private const int Sick = 3;

    private static readonly string Healthy = MockNode.BuiltIn("dgx-h100");

    private string _folder = "";

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("blame").FullName;
        File.WriteAllText(Locate("scenario.json"), Healthy);
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Lock_IsHeld_NoOtherGpuIsToBeReset_AndMaintenanceEndsWell()
    {
        await using var client = await MockedPlugin.StartAsync(Locate("scenario.json"), new JsonObject
        {
            ["nvml_library"] = PluginProcess.MockLibrary(),
            ["state_dir"] = Locate("state"),
            ["run_dir"] = Locate("run"),
            ["maintenance_file"] = Locate("maintenance"),
            ["fingerprint_period"] = "1s",
            ["health"] = new JsonObject { ["call_timeout"] = "1s", ["kernel_log"] = false },
        }.ToJsonString());
        var devices = new Wire.DevicePluginClient(client.CallInvoker);
        using var stats = devices.Stats(new StatsRequest { CollectionInterval = new() { Seconds = 1 } });
        using var fingerprint = devices.Fingerprint(new FingerprintRequest());
        await UntilAsync(fingerprint, all => all.Count == 8 && all.All(device => device.Healthy));

        Play(MockScenario.WithCall(Healthy, "nvmlDeviceGetFieldValues", Sick, """{"hang": true, "holds_lock": true}"""));
        await UntilAsync(fingerprint, all => all.Any(device => device.HealthDescription.Contains("did not return within 1 s")));

        await File.WriteAllTextAsync(Locate("maintenance"), "work");
        await UntilAsync(fingerprint, all => all.All(device => device.HealthDescription.StartsWith("maintenance: work")));
        File.Delete(Locate("maintenance"));

        // While the call lasts the driver cannot be opened, and after 30 s the process would be replaced.
        Play(Healthy);
        await UntilAsync(fingerprint, all => all.Count == 8 && all.All(device => device.Healthy));
        await client.ShutdownAsync(CancellationToken.None);
    }

    private static async Task UntilAsync(
        AsyncServerStreamingCall<FingerprintResponse> call, Func<IReadOnlyList<DetectedDevice>, bool> expected)
    {
        while (true)
        {
            Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
            var devices = call.ResponseStream.Current.DeviceGroup.SelectMany(group => group.Devices).ToList();
            Assert.That(
                devices.Where(device => device.ID != Healthy.UuidOf(Sick)).Select(device => device.HealthDescription),
                Has.All.Not.Contains("reset the GPU").And.All.Not.Contains("GPU is gone"));
            if (expected(devices))
            {
                return;
            }
        }
    }

    private string Locate(string name) => Path.Combine(_folder, name);

    private void Play(string scenario)
    {
        File.WriteAllText(Locate("next.json"), scenario);
        File.Move(Locate("next.json"), Locate("scenario.json"), overwrite: true);
    }
}
