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

    [Test]
    public async Task Command_LeavesFilesThatItCannotUseToThePlugin()
    {
        var folder = Directory.CreateTempSubdirectory("sa");
        var files = new[] { HealthFile.Name, KnownGpuFile.Name }.Select(name => Path.Combine(folder.FullName, name)).ToList();
        files.ForEach(file => File.WriteAllText(file, "{\"version\": 99}"));
        using var logs = new TestLogs();
        await using (var monitor = new InventoryMonitor(TimeProvider.System, logs.CreateLogger<InventoryMonitor>()))
        await using (var state = new StateAttendance(monitor, TimeProvider.System, logs, mayChange: false))
        {
            var config = PluginConfig.Default with { StateDir = folder.FullName };

            Assert.That(state.HealthOf(config).Load().IsEmpty);
            Assert.That(state.KnownGpusOf(config).Load().Devices, Is.Empty);
            Assert.That(files, Is.All.Matches<string>(File.Exists));
            Assert.That(logs.Named("StateNotRead").Count(), Is.EqualTo(files.Count));
        }

        folder.Delete(recursive: true);
    }

    [Test]
    [Platform("Linux")]
    public async Task Start_WhileACommandHoldsTheRecords_ReadsWhatItWrites()
    {
        var folder = Directory.CreateTempSubdirectory("sa");
        using var logs = new TestLogs();
        var file = new CordonFile(Path.Combine(folder.FullName, CordonFile.Name), logs.CreateLogger<CordonFile>());
        var command = StateLock.TryTake(folder.FullName, out _, out _);
        var time = new CountingTime(looks: 25, () =>
        {
            file.Save(new CordonRecord([new Cordon("GPU-1", "RMA", "root", default)]));
            command!.Dispose();
        });
        await using (var monitor = new InventoryMonitor(TimeProvider.System, logs.CreateLogger<InventoryMonitor>()))
        await using (var state = new StateAttendance(monitor, time, logs, mayChange: true))
        {
            var record = await Task.Run(
                state.CordonsOf(PluginConfig.Default with { StateDir = folder.FullName }).Load).DefaultTimeout();

            Assert.That(record.Cordons, Has.Length.EqualTo(1), "it is there before the first device is offered");
            Assert.That(StateLock.TryTake(folder.FullName, out var isHeld, out _), Is.Null);
            Assert.That(isHeld, Is.True);
            Assert.That(logs.Named("StateNotHeld"), Is.Empty);
        }

        folder.Delete(recursive: true);
    }

    [Test]
    [Platform("Linux")]
    public async Task AnotherFolder_TakesTheLockOfTheFirstAway()
    {
        var folder = Directory.CreateTempSubdirectory("sa");
        var (first, second) = (Path.Combine(folder.FullName, "1"), Path.Combine(folder.FullName, "2"));
        using var logs = new TestLogs();
        await using (var monitor = new InventoryMonitor(TimeProvider.System, logs.CreateLogger<InventoryMonitor>()))
        await using (var state = new StateAttendance(monitor, TimeProvider.System, logs, mayChange: true))
        {
            var cordons = state.CordonsOf(PluginConfig.Default with { StateDir = first });
            var others = state.CordonsOf(PluginConfig.Default with { StateDir = second });
            Assert.That(Directory.Exists(first), Is.False, "nothing is touched before it is asked for");
            cordons.Load();
            Assert.That(StateLock.TryTake(first, out _, out _), Is.Null);

            others.Load();

            Assert.That(StateLock.TryTake(second, out _, out _), Is.Null);
            await Task.Run(() =>
            {
                while (StateLock.TryTake(first, out _, out _) is not { } free)
                {
                    Thread.Yield();
                }
            }).DefaultTimeout();

            // What was configured before must not take the records back, which other streams may still ask for.
            cordons.Load();
            Assert.That(StateLock.TryTake(first, out _, out _), Is.Null, "the one that is asked for is held");
        }

        folder.Delete(recursive: true);
    }

    /// <summary>A clock that is looked at once for each try to take a lock.</summary>
    private sealed class CountingTime(int looks, Action then) : TimeProvider
    {
        private int _looks;

        public override long GetTimestamp()
        {
            if (++_looks == looks)
            {
                then();
            }

            return base.GetTimestamp();
        }
    }
}
