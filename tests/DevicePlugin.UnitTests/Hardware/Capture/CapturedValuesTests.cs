using DevicePlugin.Hardware.Capture;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.UnitTests.Hardware.Capture;

internal sealed class CapturedValuesTests
{
    private CapturedValues _values = null!;

    [SetUp]
    public void SetUp()
    {
        // Nothing here asks the device.
        _values = new CapturedValues(null!);
    }

    [Test]
    public void Add_WhatTheFormatHolds_IsKept()
    {
        _values.Add(PciKeys.Width, 16);
        _values.Add(PowerKeys.UsageWatts, 68.57);
        _values.Add(IdentityKeys.Pdi, "0x00000000000000ff");
        _values.AddWord(FabricKeys.State, 3);
        _values.AddWord(FabricKeys.Health, 9);

        Assert.That(_values.Values, Is.EqualTo(KeyedValues.Empty
            .With(PciKeys.Width, 16L)
            .With(PowerKeys.UsageWatts, 68.57)
            .With(IdentityKeys.Pdi, "0x00000000000000ff")
            .With(FabricKeys.State, "completed")
            .With(FabricKeys.Health, "9")));
        Assert.That(_values.LeftOut, Is.Empty);
    }

    [Test]
    public void Add_WhatItDoesNot_IsLeftOutAndNamed()
    {
        _values.Add(PciKeys.Width, 64);
        _values.Add(PowerKeys.UsageWatts, double.NaN);
        _values.Add(IdentityKeys.ComputeCapability, "nine");
        _values.Add(IdentityKeys.Serial, new string('1', 30));

        Assert.That(_values.Values, Is.EqualTo(KeyedValues.Empty));
        Assert.That(_values.LeftOut, Is.EqualTo(new[]
        {
            "pci.width (64)", "power.usage_watts (NaN)", "identity.compute_capability (4 characters)",
            "identity.serial (30 characters)",
        }));
    }

    [Test]
    public void Add_NotSupported_IsNothing()
    {
        _values.Add(PciKeys.Width, null);
        _values.Add(ModesKeys.Egm, null);
        _values.AddWord(FabricKeys.State, null);
        _values.AddBytes(MemoryKeys.TotalMiB, null);

        Assert.That(_values.Values, Is.EqualTo(KeyedValues.Empty));
        Assert.That(_values.LeftOut, Is.Empty);
    }
}
