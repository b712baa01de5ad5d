using DevicePlugin.Hosting;
using DevicePlugin.Nomad.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace DevicePlugin.UnitTests.Executable.Hosting;

internal sealed class NomadRulesTests
{
    [TestCase(PluginType.Driver, "gpu", "1.0.0", "v0.1.0", "type is Driver")]
    [TestCase(PluginType.Device, "", "1.0.0", "v0.1.0", "must not be empty")]
    [TestCase(PluginType.Device, "gpu", "", "v0.1.0", "must not be empty")]
    [TestCase(PluginType.Device, "gpu", "1.0.0", "v0.2.0", "\"v0.2.0\"")]
    public void Check_WrongPluginInfo_SaysWhat(PluginType type, string name, string version, string api, string expected)
    {
        var info = new PluginInfoResponse
        {
            Type = type, Name = name, PluginVersion = version, PluginApiVersions = { api },
        };

        Assert.That(() => NomadRules.Check(info), Throws.TypeOf<HostRuleException>().With.Message.Contains(expected));
    }

    [Test]
    public void Check_GroupThatNomadRefuses_NamesIt()
    {
        var fingerprint = new FingerprintResponse
        {
            DeviceGroup = { new DeviceGroup { Vendor = "nvidia", DeviceType = "gpu" } },
        };

        Assert.That(
            () => NomadRules.Check(fingerprint),
            Throws.TypeOf<HostRuleException>().With.Message.Contains("\"nvidia/gpu/\""));
    }

    [Test]
    public void Check_NoReservation_IsRefused() =>
        Assert.That(() => NomadRules.Check(new ReserveResponse()), Throws.TypeOf<HostRuleException>());

    [Test]
    public void Check_StatisticsWithoutTimestamp_AreRefused()
    {
        var device = new DeviceStats { Summary = new StatValue(), Stats = new StatObject(), Timestamp = new Timestamp() };
        var statistics = new StatsResponse { Groups = { new DeviceGroupStats { InstanceStats = { ["GPU-a"] = device } } } };
        Assert.That(() => NomadRules.Check(statistics), Throws.Nothing);

        device.Timestamp = null;
        Assert.That(
            () => NomadRules.Check(statistics), Throws.TypeOf<HostRuleException>().With.Message.Contains("\"GPU-a\""));
    }
}
