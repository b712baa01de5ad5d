using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Protocol;
using Attribute = DevicePlugin.Nomad.Protocol.Attribute;

namespace DevicePlugin.UnitTests.Nomad.Fingerprinting;

internal sealed class DeviceGroupRulesTests
{
    [Test]
    public void FindViolation_ValidGroup_IsNull() => Assert.That(DeviceGroupRules.FindViolation(Valid()), Is.Null);

    [Test]
    public void FindViolation_NoDevices_IsNull()
    {
        var group = Valid();
        group.Devices.Clear();

        Assert.That(DeviceGroupRules.FindViolation(group), Is.Null);
    }

    [TestCaseSource(nameof(Broken))]
    public void FindViolation_BrokenGroup_SaysWhat(Action<DeviceGroup> damage, string violation)
    {
        var group = Valid();
        damage(group);

        Assert.That(DeviceGroupRules.FindViolation(group), Does.Contain(violation));
    }

    [Test]
    public void FindViolation_EveryUnitOfNomad_IsNull()
    {
        string[] scales = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "kB", "KB", "MB", "GB", "TB", "PB", "EB"];
        string[] units = [.. scales, .. scales.Select(scale => $"{scale}/s"), "MHz", "GHz", "mW", "W", "kW", "MW", "GW"];
        var group = Valid();
        foreach (var unit in units)
        {
            group.Attributes[unit] = new Attribute { IntVal = 1, Unit = unit };
        }

        Assert.That(DeviceGroupRules.FindViolation(group), Is.Null);
    }

    private static IEnumerable<TestCaseData> Broken()
    {
        yield return Case("vendor", group => group.Vendor = "", "must not be empty");
        yield return Case("type", group => group.DeviceType = "", "must not be empty");
        yield return Case("name", group => group.DeviceName = "", "must not be empty");
        yield return Case("id", group => group.Devices[0].ID = "", "empty id");
        yield return Case("twice", group => group.Devices.Add(group.Devices[0]), "occurs twice");
        yield return Case("no value", group => group.Attributes["memory"] = new Attribute { Unit = "MiB" }, "no value");
        yield return Case(
            "unit", group => group.Attributes["memory"] = new Attribute { IntVal = 1, Unit = "C" }, "does not know");
        yield return Case(
            "unit of text", group => group.Attributes["mode"] = new Attribute { StringVal = "x", Unit = "W" }, "no number");
        yield return Case("NaN", group => group.Attributes["x"] = new Attribute { FloatVal = double.NaN }, "NaN");
    }

    private static TestCaseData Case(string name, Action<DeviceGroup> damage, string violation) =>
        new TestCaseData(damage, violation).SetArgDisplayNames(name);

    private static DeviceGroup Valid() => new()
    {
        Vendor = "nvidia",
        DeviceType = "gpu",
        DeviceName = "NVIDIA L4",
        Devices = { new DetectedDevice { ID = "GPU-1" } },
        Attributes =
        {
            ["memory"] = new Attribute { IntVal = 23034, Unit = "MiB" },
            ["compute_capability"] = new Attribute { FloatVal = 8.9 },
            ["simulated"] = new Attribute { BoolVal = true },
        },
    };
}
