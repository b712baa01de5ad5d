using DevicePlugin.Gpu;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>What the log says of a device that is unhealthy and stays so.</summary>
internal sealed class CauseLogTests : MonitorTests
{
    private static readonly GpuDevice Board =
        Gpu(0) with { Facts = TestGpus.Gpu(0).Facts with { BoardSerial = "1650000000001" } };

    [Test]
    public async Task Cause_BeginsAndEndsOnAnUnhealthyDevice_IsALineEach()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        await SeeAsync(stream, DeviceFaultKind.RemapPending);

        var inventory = await SeeAsync(stream, DeviceFaultKind.RemapFailed);

        Assert.That(inventory.Devices[0].Health.Description, Is.EqualTo(
            "row remap failed: seen; replace the board (serial number 1650000000001). Since 2026-11-23T03:00:40Z"));
        Assert.That(Logs.Named("DeviceUnhealthy").Count(), Is.EqualTo(1));
        Assert.That(Logs.Named("CauseBegan").Single().Message, Is.EqualTo(
            $"Unhealthy device \"{Board.Uuid}\" has a new cause, 1 in total: row remap failed: seen; replace the board "
            + "(serial number 1650000000001). Since 2026-11-23T03:00:40Z."));
        Assert.That(Logs.Named("CauseEnded").Single().Message, Is.EqualTo(
            $"Unhealthy device \"{Board.Uuid}\" has one cause fewer. Ended: row remap or page retirement pending: seen; "
            + "drain the GPU and reset it. Since 2026-11-23T03:00:20Z. Remaining: row remap failed: seen; replace the board "
            + "(serial number 1650000000001). Since 2026-11-23T03:00:40Z."));
    }

    [Test]
    public async Task Causes_ThatTheDescriptionHasNoRoomFor_AreLoggedToo()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        await SeeAsync(stream, DeviceFaultKind.RemapPending);

        await SeeAsync(
            stream, DeviceFaultKind.RemapPending, DeviceFaultKind.RemapFailed, DeviceFaultKind.SramThresholdExceeded,
            DeviceFaultKind.MemoryUnrepairable, DeviceFaultKind.InforomCorrupt);

        Assert.That(Logs.Named("CauseBegan").Count(), Is.EqualTo(4));
    }

    [Test]
    public async Task Cause_BecomesAnotherCondition_IsOneLine()
    {
        await using var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        await SeeAsync(stream, DeviceFaultKind.FabricUnhealthy);

        Backend.Report = TestGpus.Report(
            Board with { Fault = new DeviceFault(DeviceFaultKind.FabricUnhealthy, "no partition") }, Gpu(1));
        Monitor.RefreshSoon();
        await stream.UntilAsync(inventory => inventory.Devices[0].Health.Cause.Contains("no partition"));

        Assert.That(Logs.Named("CauseChanged").Single().Message, Is.EqualTo(
            $"A cause of unhealthy device \"{Board.Uuid}\" has changed: NVLink fabric is unhealthy: no partition; check the fabric "
            + "manager and the links. Since 2026-11-23T03:00:20Z."));
        Assert.That(Logs.Named("CauseBegan").Concat(Logs.Named("CauseEnded")), Is.Empty);
    }

    private async Task<DevicePlugin.Gpu.Inventories.Inventory> SeeAsync(InventoryStream stream, params DeviceFaultKind[] faults)
    {
        Backend.Report = TestGpus.Report(
            Board with { Faults = [.. faults.Select(fault => new DeviceFault(fault, "seen"))] }, Gpu(1));
        Time.Advance(Period);
        return await stream.UntilAsync(inventory => faults.All(fault => inventory.Devices[0].Health.Causes.Any(
            cause => cause.StartsWith(DevicePlugin.Gpu.Health.FaultTable.Find(fault).Words, StringComparison.Ordinal)))
            && inventory.Devices[0].Health.Causes.Length == faults.Length);
    }
}
