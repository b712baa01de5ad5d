using System.Text.Json;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>A GPU is lost while the plugin is not running: what the next process offers and hands out.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RestartTests
{
    private const int Gpus = 8;

    [SetUp]
    public void SetUp() => TaskSandbox.Require();

    [TestCase(true)]
    [TestCase(false)]
    public async Task Gpu_LostOverARestart_IsListedAndLeavesItsNamesInTheSpecToTheOthers(bool isStateKept)
    {
        using var host = new HostRoot("dgx-h100");
        host.ListGpus();
        Dictionary<string, string> attributes;
        await using (var before = await StartAsync(host))
        {
            attributes = AttributesOf(before);
            Assert.That(NodeOf(host, "0"), Is.EqualTo("nvidia0"));
        }

        host.Change(root => root["gpus"]![0]!["present"] = false);
        if (!isStateKept)
        {
            Directory.Delete(Path.Combine(host.Path, "state"), recursive: true);
        }

        await using var after = await StartAsync(host);
        var lost = after.Devices.Single(device => !device.Healthy);

        Assert.That(after.Devices, Has.Count.EqualTo(Gpus));
        Assert.That(lost.ID, Is.EqualTo("GPU-00000000-0000-0000-0000-000000000000"));
        Assert.That(lost.HealthDescription, Does.Contain("the kernel lists it at"));
        Assert.That(AttributesOf(after), Is.EqualTo(attributes));
        var refusal = (await Assert.ThrowsAsync<RpcException>(() => after.ReserveAsync(lost.ID)))!;
        Assert.That(refusal.Status.Detail, Does.Contain(lost.ID));

        // A runtime takes none of a spec with a name that does not begin and end with a letter or digit.
        Assert.That(Names(host), Has.All.Match("^[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$").And.None.EqualTo(lost.ID));
        Assert.That(NodeOf(host, "0"), Is.EqualTo("nvidia1"), "NVML's first GPU is another one now");
        Assert.That(Names(host).Count(name => !name.StartsWith("GPU-", StringComparison.Ordinal)), Is.EqualTo(Gpus - 1));
    }

    private static Task<ReservingPlugin> StartAsync(HostRoot host) => ReservingPlugin.StartAsync(
        host, $$"""{"strategies":["cdi"],"cdi_spec_dir":"{{host.SpecFolder}}"}""");

    private static Dictionary<string, string> AttributesOf(ReservingPlugin plugin) => plugin.Groups.Single().Attributes
        .Where(attribute => attribute.Key != "devices_healthy")
        .ToDictionary(attribute => attribute.Key, attribute => attribute.Value.ToString());

    private static JsonElement[] ReadDevices(HostRoot host)
    {
        using var spec = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(host.SpecFolder, "nomad-device-gpu.json")));
        return [.. spec.RootElement.Clone().GetProperty("devices").EnumerateArray()];
    }

    private static string[] Names(HostRoot host) =>
        [.. ReadDevices(host).Select(device => device.GetProperty("name").GetString()!)];

    private static string NodeOf(HostRoot host, string name) => Path.GetFileName(ReadDevices(host)
        .Single(device => device.GetProperty("name").GetString() == name)
        .GetProperty("containerEdits").GetProperty("deviceNodes")[0].GetProperty("path").GetString()!);
}
