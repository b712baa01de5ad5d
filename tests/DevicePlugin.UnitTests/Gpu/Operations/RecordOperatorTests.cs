using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Operations;

/// <summary>What an operator does while no plugin runs.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RecordOperatorTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);

    private CordonRecord _cordons = CordonRecord.Empty;
    private HealthMemory _health = HealthMemory.Empty;
    private HealthPolicy _policy = HealthPolicy.Default;
    private KernelLogPosition? _logEnd = new("boot", 7);
    private bool _isDiskFull;

    [Test]
    public void Cordon_IsInTheRecord()
    {
        var answer = Ask(OperatorVerb.Cordon, "1");

        Assert.That(answer.Gpus.Single().Done, Is.EqualTo("cordoned by root since 2026-11-23T03:00:00Z: why"));
        Assert.That(_cordons.Cordons.Single().Gpu, Is.EqualTo(TestGpus.Gpu(1).Uuid));
        Assert.That(answer.Gpus.Single().State, Is.EqualTo("unknown"), "nobody has looked");

        Ask(OperatorVerb.Uncordon, "1");
        Assert.That(_cordons.Cordons, Is.Empty);
    }

    [Test]
    public void Clear_EndsXidsAndHolds_AndLeavesFaults()
    {
        var uuid = TestGpus.Gpu(0).Uuid;
        _health = new HealthMemory(
        [
            new(uuid, null, 79, "XID 79", Now), new(uuid, DeviceFaultKind.RemapFailed, null, "remap failed", Now),
            new(uuid, DeviceFaultKind.Lost, null, "lost", Now) { OverSince = Now },
            new(TestGpus.Gpu(1).Uuid, null, 79, "XID 79", Now),
        ])
        {
            Flaps = [new(uuid, DeviceFaultKind.Lost, null, 1) { Onsets = [Now] }],
        };

        var answer = Ask(OperatorVerb.ClearHealth, "0");

        Assert.That(answer.Gpus.Single().Done, Is.EqualTo("cleared: XID 79; lost"));
        Assert.That(_health.Causes.Select(cause => (cause.Gpu, cause.What)), Is.EqualTo(
            [(uuid, "remap failed"), (TestGpus.Gpu(1).Uuid, "XID 79")]));
        Assert.That(_health.Flaps, Is.Empty);
        Assert.That(_health.Clears, Is.EqualTo([new RememberedClear(uuid, new KernelLogPosition("boot", 7))]));
    }

    [Test]
    public void List_UnderAnException_SaysWhatIsWithheldAllTheSame()
    {
        var uuid = TestGpus.Gpu(0).Uuid;
        _policy = new HealthPolicy { ObserveOnly = true };
        _health = new HealthMemory([new(uuid, null, 79, "XID 79", Now), new(uuid, DeviceFaultKind.Lost, null, "lost", Now)]);

        var answer = Ask(OperatorVerb.ListHealth, "0");

        Assert.That(answer.Gpus.Single().Causes.Select(cause => (cause.Word, cause.IsWithheld)), Is.EqualTo(
            [("xid", false), ("gpu_lost", true)]));
        Assert.That(answer.Exceptions.Single().ToString(), Is.EqualTo("health.observe_only: true"));
    }

    [Test]
    public void Clear_WhereTheEndOfTheLogIsNotKnown_CoversNothingOfIt()
    {
        var uuid = TestGpus.Gpu(0).Uuid;
        _health = new HealthMemory([new(uuid, null, 79, "XID 79", Now)]);
        _logEnd = null;

        Assert.That(Ask(OperatorVerb.ClearHealth, "0").Gpus.Single().Done, Is.EqualTo("cleared: XID 79"));
        Assert.That(_health.Clears, Is.Empty);
    }

    [Test]
    public void Clear_ThatCannotBeKept_SaysSo()
    {
        _isDiskFull = true;

        Assert.That(Ask(OperatorVerb.ClearHealth, "0").Problem, Does.Contain("could not be written"));
    }

    private OperatorAnswer Ask(OperatorVerb verb, string gpu)
    {
        var cordons = new CordonStore(() => _cordons, record =>
        {
            _cordons = record;
            return null;
        });
        var health = new HealthStore(() => _health, memory =>
        {
            _health = _isDiskFull ? _health : memory;
            return !_isDiskFull;
        });
        return new RecordOperator(cordons, health, _logEnd, _policy).Do(
            new OperatorRequest(verb, [gpu], "root", Now) { Reason = "why" }, [TestGpus.Gpu(0), TestGpus.Gpu(1)]);
    }
}
