using System.Text.Json;

namespace DevicePlugin.ConformanceTests.GoPlugin;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReservationTests
{
    private const string FakeNode = "backend = \"fake\"";

    [Test]
    public async Task Reserve_UnknownIds_AreAllNamedInOneError()
    {
        var run = await GoHost.RunAsync(
            FakeNode, "Launch", "SetConfig", "Fingerprint", "Reserve=GPU-nobody,GPU-nothing", "Reserve", "Kill");

        Assert.Multiple(() =>
        {
            Assert.That(run.Step("Reserve").Succeeded, Is.False);
            Assert.That(run.Step("Reserve").ErrorMessage, Does.Contain("GPU-nobody").And.Contain("GPU-nothing"));
            Assert.That(run.Step("Reserve", 1).Succeeded, Is.True);
        });
    }

    [Test]
    public async Task Reserve_RepeatedId_IsRefused()
    {
        var inventory = await GoHost.RunAsync(FakeNode, "Launch", "SetConfig", "Fingerprint", "Kill");
        var id = inventory.DeviceIds()[0];

        var run = await GoHost.RunAsync(
            FakeNode, "Launch", "SetConfig", "Fingerprint", $"Reserve={id},{id}", "Kill");

        Assert.That(run.Step("Reserve").Succeeded, Is.False);
        Assert.That(run.Step("Reserve").ErrorMessage, Does.Contain(id));
    }

    [Test]
    public async Task Reserve_WithCudaVisibleDevices_NamesTheSameGpusForCuda()
    {
        var run = await GoHost.RunAsync(
            """
            backend = "fake"
            reserve {
              cuda_visible_devices = true
            }
            """,
            "Launch", "SetConfig", "Fingerprint", "Reserve=all", "Kill");

        run.AssertEveryStepSucceeded();
        var environment = run.Environment();
        Assert.That(
            environment.GetProperty("CUDA_VISIBLE_DEVICES").GetString(),
            Is.EqualTo(environment.GetProperty("NVIDIA_VISIBLE_DEVICES").GetString()));
    }

    [Test]
    public async Task MigInstances_AreDevicesOfTheirOwnAndCanBeReserved()
    {
        var run = await GoHost.RunAsync(
            """
            backend = "fake"
            fake {
              scenario = "dgx-a100-mig"
            }
            """,
            "Launch", "SetConfig", "Fingerprint", "Stats", "Kill");

        run.AssertEveryStepSucceeded();
        var wholeGpus = run.Groups().Where(group => !IsMig(group)).SelectMany(Ids).ToList();
        var instances = run.Groups().Where(IsMig).SelectMany(Ids).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(run.Groups().Select(Name), Has.Some.EqualTo("NVIDIA A100-SXM4-40GB MIG 1g.5gb"));
            Assert.That(instances, Is.Not.Empty.And.All.StartsWith("MIG-"));
            Assert.That(wholeGpus, Is.Not.Empty.And.All.StartsWith("GPU-"));
        });

        var reserved = await GoHost.RunAsync(
            """
            backend = "fake"
            fake {
              scenario = "dgx-a100-mig"
            }
            """,
            "Launch", "SetConfig", "Fingerprint", $"Reserve={instances[0]}", "Kill");

        reserved.AssertEveryStepSucceeded();
        Assert.That(
            reserved.Environment().GetProperty("NVIDIA_VISIBLE_DEVICES").GetString(), Is.EqualTo(instances[0]));
    }

    private static string Name(JsonElement group) => group.GetProperty("device_name").GetString()!;

    private static bool IsMig(JsonElement group) => Name(group).Contains(" MIG ", StringComparison.Ordinal);

    private static IEnumerable<string> Ids(JsonElement group) =>
        group.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("ID").GetString()!);
}
