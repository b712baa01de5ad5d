using DevicePlugin.FunctionalTests.Serving;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Mps;

internal sealed class MpsOnFakeNodeTests
{
    [Test]
    public async Task Reserve_OnMadeUpGpus_GivesWhatATaskNeedsAndStartsNothing()
    {
        var state = Path.Combine(Path.GetTempPath(), $"mps-{Guid.NewGuid():N}");
        await using var node = await ServedNode.StartAsync(
            $$"""
            {"backend": "fake", "fake": {"scenario": "t4"}, "state_dir": "{{state}}",
             "sharing": [{"strategy": "mps", "replicas": 3}]}
            """);
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        Assert.That(await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
        var device = fingerprint.ResponseStream.Current.DeviceGroup.Single().Devices[2];

        var reply = await node.Device.ReserveAsync(new ReserveRequest { DeviceIds = { device.ID } })
            .ResponseAsync.DefaultTimeout();

        Assert.Multiple(() =>
        {
            Assert.That(device.Healthy, Is.True);
            Assert.That(reply.ContainerRes.Envs["CUDA_MPS_PIPE_DIRECTORY"], Is.EqualTo($"{state}/simulated/mps/0/pipe"));
            Assert.That(
                reply.ContainerRes.Mounts.Select(mount => mount.TaskPath),
                Is.EqualTo(new[] { $"{state}/simulated/mps/0/pipe", "/dev/shm" }));
            Assert.That(node.Logs.Named("NoMpsForSimulatedGpus").Count(), Is.EqualTo(1));
            Assert.That(Directory.Exists(Path.Combine(state, "mps")), Is.False);
        });
        Directory.Delete(state, recursive: true);
    }
}
