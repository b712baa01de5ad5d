using DevicePlugin.Gpu;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Output;
using Attribute = DevicePlugin.Nomad.Protocol.Attribute;

namespace DevicePlugin.UnitTests.Executable.Output;

internal sealed class FingerprintJsonTests
{
    [Test]
    public void Write_Inventory_HasTheStableShape()
    {
        var driver = new DriverStatus(DriverState.Loaded) { Version = "580.105.08", Cuda = new CudaVersion(13, 0) };

        var json = JsonLine.Write(writer => FingerprintJson.Write(writer, "1.0.0", driver, Inventory()));

        Assert.That(json, Is.EqualTo(
            """
            {"schema_version":1,"plugin_version":"1.0.0",
            "driver":{"state":"loaded","version":"580.105.08","cuda":"13.0","reason":""},
            "groups":[{"vendor":"nvidia","type":"gpu","name":"NVIDIA H100 80GB HBM3",
            "attributes":{"compute_capability":{"value":9},"driver_version":{"value":"580.105.08"},
            "memory":{"value":81559,"unit":"MiB"},"simulated":{"value":true}},
            "devices":[{"id":"GPU-b","healthy":true,"health_description":"","pci_bus_id":"0000:19:00.0"},
            {"id":"GPU-a","healthy":false,"health_description":"XID 79 <lost>"}]}]}
            """.ReplaceLineEndings("")));
    }

    [TestCase(DriverState.Loaded, "loaded")]
    [TestCase(DriverState.LibraryMissing, "library_missing")]
    [TestCase(DriverState.NotLoaded, "not_loaded")]
    [TestCase(DriverState.VersionMismatch, "version_mismatch")]
    [TestCase(DriverState.NoPermission, "no_permission")]
    [TestCase(DriverState.Failed, "failed")]
    [TestCase(DriverState.Maintenance, "maintenance")]
    [TestCase(DriverState.Disabled, "disabled")]
    public void Write_DriverState_IsItsWord(DriverState state, string word)
    {
        var json = JsonLine.Write(writer =>
            FingerprintJson.Write(writer, "1.0.0", new DriverStatus(state, "why"), new FingerprintResponse()));

        Assert.That(json, Is.EqualTo(
            $$"""
            {"schema_version":1,"plugin_version":"1.0.0","driver":{"state":"{{word}}","version":null,"cuda":null,
            "reason":"why"},"groups":[]}
            """.ReplaceLineEndings("")));
    }

    private static FingerprintResponse Inventory() => new()
    {
        DeviceGroup =
        {
            new DeviceGroup
            {
                Vendor = "nvidia",
                DeviceType = "gpu",
                DeviceName = "NVIDIA H100 80GB HBM3",
                Attributes =
                {
                    ["simulated"] = new Attribute { BoolVal = true },
                    ["memory"] = new Attribute { IntVal = 81559, Unit = "MiB" },
                    ["driver_version"] = new Attribute { StringVal = "580.105.08" },
                    ["compute_capability"] = new Attribute { FloatVal = 9.0 },
                },
                Devices =
                {
                    new DetectedDevice
                    {
                        ID = "GPU-b", Healthy = true, HwLocality = new DeviceLocality { PciBusId = "0000:19:00.0" },
                    },
                    new DetectedDevice { ID = "GPU-a", HealthDescription = "XID 79 <lost>" },
                },
            },
        },
    };
}
