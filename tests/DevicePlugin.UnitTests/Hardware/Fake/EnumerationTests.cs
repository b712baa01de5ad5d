using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.UnitTests.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Hardware.Fake;

internal sealed class EnumerationTests
{
    [Test]
    public async Task DgxH100_IsReportedWithTheCapturesFacts()
    {
        await using var node = new FakeNode(ScenarioLibrary.Find("dgx-h100"));

        var report = await node.EnumerateAsync();
        var gpu = report.Devices[2];

        Assert.Multiple(() =>
        {
            Assert.That(report.Driver, Is.EqualTo(new DriverStatus(DriverState.Loaded)
            {
                Version = "580.105.08",
                Cuda = new CudaVersion(13, 0),
            }));
            Assert.That(report.Devices, Has.Length.EqualTo(8));
            Assert.That(report.Devices.Select(device => device.Index), Is.EqualTo(Enumerable.Range(0, 8)));
            Assert.That(report.Devices, Has.All.Property(nameof(GpuDevice.Fault)).Null);
            Assert.That(gpu.Name, Is.EqualTo("NVIDIA H100 80GB HBM3"));
            Assert.That(gpu.PciBusId, Is.EqualTo("0000:75:00.0"));
            Assert.That(gpu.MinorNumber, Is.EqualTo(2));
            Assert.That(gpu.Facts, Is.EqualTo(new GpuFacts
            {
                MemoryMiB = 81559,
                Bar1MiB = 131072,
                MemoryBusWidthBits = 5120,
                PowerLimitWatts = 700,
                PowerDefaultWatts = 700,
                PowerMinWatts = 200,
                PowerMaxWatts = 700,
                MaxGraphicsClockMHz = 1980,
                MaxSmClockMHz = 1980,
                MaxMemoryClockMHz = 2619,
                MaxVideoClockMHz = 1545,
                PcieMaxGeneration = 5,
                PcieMaxWidth = 16,
                DisplayEnabled = false,
                PersistenceMode = true,
                EccMode = true,
                MigMode = false,
                ComputeMode = "default",
                ComputeCapability = new ComputeCapability(9, 0),
                Architecture = "hopper",
                Brand = "nvidia",
                CudaCores = 16896,
                SmCount = 132,
                L2CacheKiB = 51200,
                CopyEngines = 3,
                NvLinkCount = 18,
                NvLinkVersion = 4.0,
                AddressingMode = "hmm",
                Virtualization = "passthrough",
                VbiosVersion = "96.00.99.00.01",
                BoardPartNumber = "692-2G520-0200-000",
                BoardSerial = "1650000000003",
                GspFirmware = "580.105.08",
                FabricCluster = "00000000-0000-0000-0000-000000000000",
                FabricClique = 0,
            }));
        });
    }

    [Test]
    public async Task MigInstances_HaveTheirOwnFactsAndTheirParentsPlace()
    {
        await using var node = new FakeNode(ScenarioLibrary.Find("dgx-a100-mig"));

        var devices = (await node.EnumerateAsync()).Devices;
        var parent = devices.Single(device => device.Mig is null && device.MinorNumber == 7);
        var mixed = devices.Where(device => device.Mig?.ParentUuid == parent.Uuid).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(devices, Has.Length.EqualTo(8 + 7 + 2 + 4));
            Assert.That(
                mixed.Select(device => device.Mig!.Profile),
                Is.EqualTo((string[])["3g.20gb", "2g.10gb", "1g.5gb", "1g.5gb"]));
            Assert.That(mixed[1].Mig, Is.EqualTo(new MigInstance(parent.Uuid, 3, 0, "2g.10gb")
            {
                Slot = 2,
                GpuSlices = 2,
                ComputeSlices = 2,
            }));
            Assert.That(mixed[1].Name, Is.EqualTo("NVIDIA A100-SXM4-40GB MIG 2g.10gb"));
            Assert.That(mixed[1].PciBusId, Is.EqualTo(parent.PciBusId));
            Assert.That(mixed[1].Index, Is.EqualTo(parent.Index));
            Assert.That(mixed[1].Facts, Is.EqualTo(parent.Facts with
            {
                MemoryMiB = 9856,
                Bar1MiB = 16383,
                SmCount = 28,
                CopyEngines = 2,
                Encoders = 0,
                Decoders = 1,
                JpegEngines = 0,
                OfaEngines = 0,
            }));
            Assert.That(parent.Facts.MemoryMiB, Is.EqualTo(40960));
        });
    }

    [Test]
    public async Task Gb10_TakesItsMemoryFromTheSystem()
    {
        await using var node = new FakeNode(ScenarioLibrary.Find("gb10"));

        var gpu = (await node.EnumerateAsync()).Devices.Single();
        var readings = await node.ReadAsync();

        Assert.Multiple(() =>
        {
            Assert.That(gpu.PciBusId, Is.EqualTo("000f:01:00.0"));
            Assert.That(gpu.Facts.MemoryIsUnified, Is.True);
            Assert.That(gpu.Facts.MemoryMiB, Is.EqualTo(124610));
            Assert.That(gpu.Facts.Bar1MiB, Is.Null);
            Assert.That(gpu.Facts.PowerLimitWatts, Is.Null);
            Assert.That(gpu.Facts.MaxMemoryClockMHz, Is.Null);
            Assert.That(readings.MemoryTotalMiB, Is.EqualTo(124610));
            Assert.That(readings.MemoryUsedMiB, Is.EqualTo(124610 - 112640));
            Assert.That(readings.MemoryClockMHz, Is.Null);
        });
    }

    [TestCase("library_missing", DriverState.LibraryMissing)]
    [TestCase("not_loaded", DriverState.NotLoaded)]
    [TestCase("version_mismatch", DriverState.VersionMismatch)]
    [TestCase("no_permission", DriverState.NoPermission)]
    [TestCase("failed", DriverState.Failed)]
    public async Task DriverThatIsNotUsable_IsAnEmptyInventoryWithTheReason(string word, DriverState state)
    {
        await using var node = new FakeNode(ScenarioText.Source(ScenarioText.Of(driver: $"'state': '{word}'")));

        var report = await node.EnumerateAsync();

        Assert.Multiple(() =>
        {
            Assert.That(report.Driver.State, Is.EqualTo(state));
            Assert.That(report.Driver.Reason, Is.Not.Empty);
            Assert.That(report.Devices, Is.Empty);
        });
    }

    [Test]
    public async Task Sick_ShowsEachFaultOnItsOwnGpu()
    {
        await using var node = new FakeNode(ScenarioLibrary.Find("sick"));

        var devices = (await node.EnumerateAsync()).Devices;

        Assert.Multiple(() =>
        {
            Assert.That(devices.Select(device => device.Fault?.Kind), Is.EqualTo((DeviceFaultKind?[])
            [
                null, DeviceFaultKind.Lost, DeviceFaultKind.ResetRequired, DeviceFaultKind.RecoveryNeeded,
                DeviceFaultKind.UncorrectableEcc, DeviceFaultKind.RemapPending, DeviceFaultKind.RemapFailed,
                DeviceFaultKind.InforomCorrupt, DeviceFaultKind.InsufficientPower, DeviceFaultKind.FabricUnhealthy,
                DeviceFaultKind.FabricUnhealthy, DeviceFaultKind.Unresponsive, DeviceFaultKind.CallFailed, null,
            ]));
            Assert.That(devices[1].Fault!.Evidence, Is.EqualTo("nvmlDeviceGetHandleByIndex answered GPU_IS_LOST."));
            Assert.That(
                devices[3].Fault!.Evidence, Is.EqualTo("the recovery action (field 230) is drain and reset."));
            Assert.That(devices[11].Fault!.Evidence, Is.EqualTo("nvmlDeviceGetMemoryInfo did not return."));
            Assert.That(devices[12].Fault!.Evidence, Is.EqualTo("nvmlDeviceGetName answered UNKNOWN."));
        });
    }

    [Test]
    public async Task Sick_GivesReadingsWhereAGpuAnswers()
    {
        await using var node = new FakeNode(ScenarioLibrary.Find("sick"));

        Assert.Multiple(async () =>
        {
            Assert.That((await node.ReadAsync(0)).TemperatureC, Is.EqualTo(29));
            Assert.That(await node.ReadAsync(1), Is.EqualTo(GpuReadings.None), "lost");
            Assert.That((await node.ReadAsync(4)).EccUncorrectedVolatile, Is.EqualTo(2));
            Assert.That((await node.ReadAsync(10)).NvLinksUp, Is.EqualTo(17));
            Assert.That(await node.ReadAsync(11), Is.EqualTo(GpuReadings.None), "does not answer");
        });
    }

    [Test]
    public async Task OldDriver_NewerValuesAreAbsent()
    {
        await using var node = new FakeNode(ScenarioLibrary.Find("old-driver"));

        var facts = (await node.EnumerateAsync()).Devices.Single().Facts;
        var readings = await node.ReadAsync();

        Assert.Multiple(() =>
        {
            Assert.That(facts.CudaCores, Is.Null);
            Assert.That(facts.GspFirmware, Is.Null);
            Assert.That(facts.DisplayEnabled, Is.True);
            Assert.That(readings.MemoryUsedMiB, Is.EqualTo(240));
            Assert.That(readings.MemoryReservedMiB, Is.Null);
            Assert.That(readings.RetiredPagesSingleBit, Is.Zero);
        });
    }

    [Test]
    public async Task MoreThanEightGpus_AreAllReported()
    {
        var gpus = Enumerable.Range(0, 40).Select(
            index => $$$"""{"model": "m", "identity": {"uuid": "GPU-{{{index}}}", "minor_number": {{{index}}}}}""");
        await using var node = new FakeNode(ScenarioText.Source(
            $$$"""
            {"description": "many", "driver": {"state": "loaded"},
             "models": {"m": {"identity": {"name": "NVIDIA M"} } },
             "gpus": [{{{string.Join(',', gpus)}}}]}
            """));

        var devices = (await node.EnumerateAsync()).Devices;

        Assert.That(
            devices.Select(device => device.Uuid), Is.EqualTo(Enumerable.Range(0, 40).Select(index => $"GPU-{index}")));
    }
}
