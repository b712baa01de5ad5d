using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlBackendTests
{
    private static readonly NvmlOptions NoLibrary = new() { LibraryPath = "/nonexistent/libnvidia-ml.so.1" };

    [Test]
    public async Task EnumerateAsync_NoLibrary_IsADriverStateWithTheReason()
    {
        using var logs = new TestLogs();
        await using var backend = new NvmlBackend(NoLibrary, logs, new FakeTimeProvider());

        var report = await backend.EnumerateAsync(CancellationToken.None).DefaultTimeout();

        Assert.That(report.Driver.State, Is.EqualTo(DriverState.LibraryMissing));
        Assert.That(report.Driver.Reason, Does.Contain("/nonexistent/libnvidia-ml.so.1").And.Contain("no library"));
        Assert.That(report.Devices, Is.Empty);
        Assert.That(backend.LibraryAttempts, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task EnumerateAsync_StateStaysTheSame_IsLoggedOnce()
    {
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        await using var backend = new NvmlBackend(NoLibrary, logs, time);

        for (var i = 0; i < 5; i++)
        {
            await backend.EnumerateAsync(CancellationToken.None).DefaultTimeout();
            time.Advance(TimeSpan.FromSeconds(9));
        }

        Assert.That(logs.Named("DriverUnavailable").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task ReadAsync_BeforeAnyEnumeration_IsNothing()
    {
        using var logs = new TestLogs();
        await using var backend = new NvmlBackend(NoLibrary, logs, new FakeTimeProvider());
        var device = new GpuDevice { Uuid = "GPU-x", Name = "x", Index = 0 };

        Assert.That(
            await backend.ReadAsync(device, CancellationToken.None).DefaultTimeout(), Is.EqualTo(GpuReadings.None));
    }

    [Test]
    public void PciBusId_Numbers_AreWrittenAsInSysfs() =>
        Assert.That(
            GpuIdentityReader.PciBusId(new PciInfo { Domain = 0xF, Bus = 0x3B, Device = 1 }),
            Is.EqualTo("000f:3b:01.0"));

    [TestCase("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "1g.5gb")]
    [TestCase("NVIDIA H200 MIG 1c.3g.71gb", "1c.3g.71gb")]
    [TestCase("NVIDIA H200", "")]
    public void Profile_Name_IsWhatFollowsMig(string name, string expected) =>
        Assert.That(MigInstanceReader.Profile(name), Is.EqualTo(expected));
}
