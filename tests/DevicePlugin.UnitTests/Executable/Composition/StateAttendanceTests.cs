using DevicePlugin.Composition;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.State;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Executable.Composition;

internal sealed class StateAttendanceTests
{
    [Test]
    public async Task FakeGpus_LeaveTheRecordsOfTheNodeAlone()
    {
        var folder = Directory.CreateTempSubdirectory("sa");
        using var logs = new TestLogs();
        await using (var monitor = new InventoryMonitor(TimeProvider.System, logs.CreateLogger<InventoryMonitor>()))
        await using (var state = new StateAttendance(monitor, TimeProvider.System, logs, mayChange: true))
        {
            var real = new CordonFile(Path.Combine(folder.FullName, CordonFile.Name), logs.CreateLogger<CordonFile>());
            real.Save(new CordonRecord([new Cordon("GPU-1", "RMA", "root", default)]));
            var cordons = state.CordonsOf(PluginConfig.Default with { StateDir = folder.FullName, Backend = BackendKind.Fake });

            Assert.That(cordons.Load().Cordons, Is.Empty);
            Assert.That(real.Load().Cordons, Has.Length.EqualTo(1));
        }

        folder.Delete(recursive: true);
    }
}
