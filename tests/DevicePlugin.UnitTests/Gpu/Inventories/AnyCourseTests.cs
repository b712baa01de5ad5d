using CsCheck;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>Whatever happens in whatever order: the inventory is one that Nomad takes, and the stream goes on.</summary>
internal sealed class AnyCourseTests
{
    private static readonly GpuDevice[] Gpus = [.. Enumerable.Range(0, 4).Select(n => TestGpus.Gpu(n))];

    private static readonly Gen<Step> AnyXid =
        from gpu in Gen.Int[0, 5]
        from xid in Gen.OneOf(Gen.Long[0, 200], OneOf<long>(13, 48, 63, 74, 79, 119, 154), Gen.Long)
        from instance in Gen.Int[-3, 4]
        select new Step(
            $"XID {xid} of GPU {gpu} instance {instance}",
            course => course.Raise(new GpuEvent(
                GpuEventKind.Xid, gpu == 5 ? null : $"GPU-{gpu:00000000}", xid, instance < 0 ? null : instance)));

    private static readonly Gen<Step> AnyReport =
        from state in Gen.Frequency(
            (6, Gen.Const(DriverState.Loaded)), (1, OneOf(Enum.GetValues<DriverState>())))
        from present in Gen.Bool.Array[Gpus.Length]
        from faults in Gen.Int[-10, 9].Array[Gpus.Length]
        from split in Gen.Bool.Array[Gpus.Length]
        from recovery in Gen.Int[0, 2].Array[Gpus.Length]
        from load in Gen.Int[0, 2]
        select new Step($"report {state}, load {load}", course => course.Report(
            ReportOf(state, present, faults, split, recovery) with { Load = new DriverLoad("boot", $"{load}") }));

    private static readonly Gen<Step> AnyReload =
        from enabled in Gen.Frequency((5, Gen.Const(true)), (1, Gen.Const(false)))
        from health in Gen.Frequency((4, Gen.Const(true)), (1, Gen.Const(false)))
        from ignored in Gen.Int[0, 200].Array[0, 3]
        from hidden in Gen.Int[-3, 3]
        select new Step("reload", course => course.Configure(enabled, health, ignored, hidden));

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (6, AnyXid),
        (5, AnyReport),
        (2, AnyReload),
        (3, Gen.Int[1, 900].Select(seconds => new Step($"{seconds} s", course => course.Pass(seconds)))),
        (1, Gen.Bool.Select(on => new Step($"maintenance {on}", course => course.Maintain(on)))),
        (1, Gen.Bool.Select(broken => new Step($"watch broken {broken}", course => course.BreakWatch(broken)))));

    [Test]
    public async Task AnyCourse_LeavesAValidInventoryAndAnOpenStream() =>
        await Check.SampleAsync(
            Gen.Select(AnyStep, Gen.Int[0, 200]).Array[1, 25], RunAsync, iter: 300, threads: 1,
            print: steps => string.Join("; ", steps.Select(step => step.Item1.Text)));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static NodeReport ReportOf(DriverState state, bool[] present, int[] faults, bool[] split, int[] recovery)
    {
        if (state != DriverState.Loaded)
        {
            return NodeReport.Without(state, "made up");
        }

        var devices = new List<GpuDevice>();
        for (var i = 0; i < Gpus.Length; i++)
        {
            if (!present[i])
            {
                continue;
            }

            var gpu = Gpus[i] with
            {
                Fault = faults[i] < 0 ? null : new DeviceFault((DeviceFaultKind)faults[i], "made up"),
                RecoveryNeeded = recovery[i] == 0 ? null : recovery[i] == 2,
            };
            devices.Add(gpu);
            if (split[i])
            {
                devices.AddRange([TestGpus.Instance(gpu, 1), TestGpus.Instance(gpu, 2)]);
            }
        }

        return TestGpus.Report([.. devices]);
    }

    private static async Task RunAsync((Step Step, int Turns)[] steps)
    {
        await using var course = new Course();
        foreach (var (step, turns) in steps)
        {
            step.Take(course);

            // The monitor and its stream run beside: how far they get is part of the course.
            for (var turn = 0; turn < turns; turn++)
            {
                await Task.Yield();
            }
        }

        await course.EndAsync();
    }

    private sealed record Step(string Text, Action<Course> Take);

    private sealed class Course : IAsyncDisposable
    {
        // No step makes this one.
        private const int Marker = 77;

        private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));
        private readonly TestLogs _logs = new();
        private readonly ScriptedBackend _backend = new() { Report = TestGpus.Report(Gpus) };
        private readonly InventoryMonitor _monitor;
        private readonly InventoryStream _stream;
        private readonly Task _reader;
        private readonly List<DeviceGroup> _told = [];
        private HealthMemory _kept = HealthMemory.Empty;
        private volatile string? _maintenance;

        public Course()
        {
            _monitor = new InventoryMonitor(_time, _logs.CreateLogger<InventoryMonitor>());
            _stream = new InventoryStream(_monitor);
            Configure(enabled: true, health: true, ignored: [], hidden: -1);
            _reader = Task.Run(ReadAsync);
        }

        public void Raise(GpuEvent gpuEvent) => _backend.Raise(gpuEvent);

        public void Report(NodeReport report)
        {
            _backend.Report = report;
            _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        }

        public void Pass(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

        public void Maintain(bool on) => _maintenance = on ? "made up" : null;

        public void BreakWatch(bool broken) => _backend.WatchFailure = broken ? new InvalidOperationException("made up") : null;

        public void Configure(bool enabled, bool health, int[] ignored, int hidden) => _monitor.Configure(new MonitorSettings
        {
            Enabled = enabled,
            Filter = hidden < 0 ? DeviceFilter.None : new DeviceFilter([Gpus[hidden].Uuid]),
            Health = new HealthPolicy
            {
                Enabled = health,
                Xids = new XidTable(ignored, []),
                Store = new HealthStore(() => _kept, Keep),
            },
            ReadMaintenance = () => _maintenance is { } text ? new Maintenance(text) : null,
            OpenBackend = () => _backend,
        });

        /// <summary>The stream still brings what happens now, and everything it brought on the way was valid.</summary>
        public async Task EndAsync()
        {
            BreakWatch(false);
            Maintain(false);
            _backend.Report = TestGpus.Report([.. Gpus, TestGpus.Gpu(Marker)]);
            Configure(enabled: true, health: true, ignored: [], hidden: -1);
            await _reader.DefaultTimeout();
        }

        public async ValueTask DisposeAsync()
        {
            await _stream.DisposeAsync();
            await _monitor.DisposeAsync();
            _logs.Dispose();
        }

        private bool Keep(HealthMemory memory)
        {
            _kept = memory;
            return true;
        }

        private async Task ReadAsync()
        {
            Inventory inventory;
            do
            {
                inventory = await _stream.NextAsync();
                AssertValid(inventory);
            }
            while (inventory.Devices.All(device => device.Gpu.Index != Marker));
        }

        private void AssertValid(Inventory inventory)
        {
            var message = FingerprintMapper.ToMessage(inventory, _logs.CreateLogger(nameof(FingerprintMapper)));
            Assert.That(message.DeviceGroup.Select(DeviceGroupRules.FindViolation), Is.All.Null);
            Assert.That(inventory.Devices.Select(device => device.Id), Is.Unique);
            foreach (var device in message.DeviceGroup.SelectMany(group => group.Devices))
            {
                Assert.That(device.Healthy || device.HealthDescription.Length > 0, Is.True, "unhealthy without a reason");
                Assert.That(device.HealthDescription, Does.Not.Contain("\n").And.Length.LessThan(1000));
            }

            foreach (var group in message.DeviceGroup)
            {
                AssertNewClass(group);
            }

            // A GPU is offered whole or in parts.
            var parents = inventory.Devices.Where(device => device.Gpu.Mig is not null).Select(device => device.Gpu.PhysicalUuid);
            Assert.That(inventory.Devices.Select(device => device.Id).Intersect(parents), Is.Empty);
        }

        // Nomad's scheduler remembers by the attributes alone for which groups too few devices were healthy.
        private void AssertNewClass(DeviceGroup group)
        {
            Assert.That(
                _told.Where(other => other.DeviceName == group.DeviceName && Healthy(other) < Healthy(group))
                    .Where(other => other.Attributes.Equals(group.Attributes)),
                Is.Empty, "more devices are healthy and no attribute differs");
            _told.Add(group);
        }

        private static int Healthy(DeviceGroup group) => group.Devices.Count(device => device.Healthy);
    }
}
