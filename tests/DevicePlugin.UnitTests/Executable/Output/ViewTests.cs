using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Output;
using Spectre.Console;
using Attribute = DevicePlugin.Nomad.Protocol.Attribute;

namespace DevicePlugin.UnitTests.Executable.Output;

internal sealed class ViewTests
{
    private const string Id = "GPU-11111111-2222-3333-4444-555555555555";

    [Test]
    public void InventoryView_Redirected_IsPlainTextOf80Columns()
    {
        var group = new DeviceGroup
        {
            Vendor = "nvidia",
            DeviceType = "gpu",
            DeviceName = "NVIDIA [L4]",
            Attributes = { ["memory"] = new Attribute { IntVal = 23034, Unit = "MiB" } },
            Devices =
            {
                new DetectedDevice { ID = Id, Healthy = true, HwLocality = new DeviceLocality { PciBusId = "0000:19:00.0" } },
                new DetectedDevice { ID = "GPU-b", HealthDescription = "XID 79 since 12:00" },
            },
        };

        var lines = Render(console => InventoryView.Write(console, new FingerprintResponse { DeviceGroup = { group } }));

        Assert.That(lines, Is.EqualTo(
        [
            "NVIDIA [L4]  nvidia/gpu, 2 devices",
            "  Device id                                 Memory     PCI bus id    Health",
            "  GPU-11111111-2222-3333-4444-555555555555  23034 MiB  0000:19:00.0  healthy",
            "  GPU-b                                     23034 MiB  -             unhealthy",
            "  GPU-b: XID 79 since 12:00",
        ]));
    }

    [Test]
    public void InventoryView_Empty_SaysSo() =>
        Assert.That(Render(console => InventoryView.Write(console, new FingerprintResponse())), Is.EqualTo(["No devices."]));

    [Test]
    public void StatisticsView_Redirected_HasARowForEachDevice()
    {
        var lines = Render(console => StatisticsView.Write(console, StatisticsSample.Create(Id)));

        Assert.That(lines, Is.EqualTo(
        [
            "  Device        Summary           GPU  Power          Temp",
            "  GPU-11111111  1024 / 81559 MiB  N/A  112.5 / 700 W  41 C",
        ]));
    }

    [Test]
    public void StatisticsView_SummaryIsAReason_StandsBelowTheTable()
    {
        var sample = StatisticsSample.Create(Id);
        sample.Groups[0].InstanceStats[Id].Summary =
            new StatValue { StringVal = "GPU is lost: nvmlDeviceGetHandleByIndex answered GPU_IS_LOST (since 2026-11-23)" };

        var lines = Render(console => StatisticsView.Write(console, sample));

        Assert.That(lines, Is.EqualTo(
        [
            "  Device        Summary    GPU  Power          Temp",
            "  GPU-11111111  see below  N/A  112.5 / 700 W  41 C",
            "  GPU-11111111: GPU is lost: nvmlDeviceGetHandleByIndex answered GPU_IS_LOST",
            "  (since 2026-11-23)",
        ]));
    }

    [Test]
    public void InventoryView_Replicas_ShareARowWhileTheyAreAlike()
    {
        var group = new DeviceGroup { Vendor = "nvidia", DeviceType = "gpu", DeviceName = "NVIDIA L4" };
        group.Attributes["memory"] = new Attribute { IntVal = 23034, Unit = "MiB" };
        group.Devices.AddRange(Enumerable.Range(0, 12).Select(n => new DetectedDevice { ID = $"GPU-a::{n}", Healthy = true }));
        group.Devices.AddRange(Enumerable.Range(0, 2).Select(n => new DetectedDevice
        {
            ID = $"GPU-b::{n}", HealthDescription = "XID 79",
        }));
        group.Devices.Add(new DetectedDevice { ID = "GPU-c::0", Healthy = true });

        var lines = Render(console => InventoryView.Write(console, new FingerprintResponse { DeviceGroup = { group } }));

        Assert.That(lines, Is.EqualTo(
        [
            "NVIDIA L4  nvidia/gpu, 15 replicas of 3 devices, 23034 MiB each",
            "  Device id     PCI bus id  Health",
            "  GPU-a::0..11  -           healthy",
            "  GPU-b::0..1   -           unhealthy",
            "  GPU-c::0      -           healthy",
            "  GPU-b::0..1: XID 79",
        ]));
    }

    [Test]
    public void StatisticsView_Replicas_ShareARowInTheOrderOfTheirNumbers()
    {
        string[] ids = [.. Enumerable.Range(0, 12).Select(n => $"{Id}::{n}"), "GPU-2::4", "GPU-2::6"];

        var lines = Render(console => StatisticsView.Write(console, StatisticsSample.Create(ids)));

        Assert.That(lines.Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]), Is.EqualTo(
            ["GPU-11111111::0..11", "GPU-2::4", "GPU-2::6"]));
    }

    [Test]
    public void IndentedText_LongLine_GoesOnUnderItsBeginning()
    {
        var lines = Render(console => IndentedText.Write(console, 40, "one two three four five six seven eight nine ten"));

        Assert.That(lines, Is.EqualTo(["one two three four five six seven eight", new string(' ', 40) + "nine ten"]));
    }

    [TestCase(new[] { Id, "GPU-99999999-2222-3333-4444-555555555555" }, new[] { "GPU-11111111", "GPU-99999999" })]
    [TestCase(new[] { Id + "::0", Id + "::1" }, new[] { "GPU-11111111::0", "GPU-11111111::1" })]
    [TestCase(
        new[] { Id, "GPU-11111111-2222-3333-4444-666666666666" }, new[] { "GPU-..555555555555", "GPU-..666666666666" })]
    [TestCase(new[] { "fpga0" }, new[] { "fpga0" })]
    public void DeviceNames_Shorten_NeverMakesTwoAlike(string[] ids, string[] expected) =>
        Assert.That(ids.Select(id => DeviceNames.Shorten(ids)[id]), Is.EqualTo(expected));

    private static List<string> Render(Action<IAnsiConsole> write)
    {
        using var output = new StringWriter();
        write(HumanConsole.Create(output, redirected: true));
        return output.ToString().TrimEnd().Split('\n').Select(line => line.TrimEnd()).ToList();
    }
}
