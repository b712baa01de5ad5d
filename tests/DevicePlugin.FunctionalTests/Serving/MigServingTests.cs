using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.FunctionalTests.Serving;

/// <summary>MIG instances as Nomad sees them.</summary>
internal sealed class MigServingTests
{
    private static readonly string Fixtures =
        Path.Combine(Repository.Root, "tests", "DevicePlugin.FunctionalTests", "Serving", "Fixtures");

    [Test]
    public async Task Reserve_TwoInstances_IsGivenWithAWarning()
    {
        await using var node = await StartAsync("two-mig.json");
        var ids = (await FingerprintAsync(node)).SelectMany(group => group.Devices).Select(device => device.ID).ToList();

        await ReserveAsync(node, ids[0]);
        Assert.That(node.Logs.Named("ReservationWarning"), Is.Empty);
        var reservation = await ReserveAsync(node, [.. ids]);

        Assert.That(reservation.ContainerRes.Envs["NVIDIA_VISIBLE_DEVICES"], Is.EqualTo(string.Join(',', ids)));
        var warning = node.Logs.Named("ReservationWarning").Single();
        Assert.That(warning.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(warning.Message, Does.StartWith(
            $"A task reserved {string.Join(", ", ids)}, and a CUDA process sees only one MIG instance"));
    }

    [TestCase("mig-compute-instances.json", 2)]
    [TestCase("two-mig.json", 1)]
    public async Task Attributes_OfInstances_SayHowManyHaveTheMemoryTogether(string scenario, int expected)
    {
        await using var node = await StartAsync(scenario);

        foreach (var group in await FingerprintAsync(node))
        {
            Assert.That(group.Attributes["mig_compute_instances"].IntVal, Is.EqualTo(expected), group.DeviceName);
            Assert.That(group.Attributes["shared"].BoolVal, Is.False);
        }
    }

    private static Task<ServedNode> StartAsync(string scenario) => ServedNode.StartAsync(
        $$$"""{"backend": "fake", "fake": {"scenario": "{{{Path.Combine(Fixtures, scenario)}}}"}}""");

    private static async Task<IReadOnlyList<DeviceGroup>> FingerprintAsync(ServedNode node)
    {
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();
        return [.. fingerprint.ResponseStream.Current.DeviceGroup];
    }

    private static async Task<ReserveResponse> ReserveAsync(ServedNode node, params string[] ids) =>
        await node.Device.ReserveAsync(new ReserveRequest { DeviceIds = { ids } }).ResponseAsync.DefaultTimeout();
}
