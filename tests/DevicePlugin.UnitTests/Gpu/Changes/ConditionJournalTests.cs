using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Changes;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Gpu.Inventories;

namespace DevicePlugin.UnitTests.Gpu.Changes;

/// <summary>Which devices changed since they were last taken.</summary>
internal sealed class ConditionJournalTests : MonitorTests
{
    private ConditionJournal _journal = null!;
    private CordonRecord _record = CordonRecord.Empty;

    [SetUp]
    public void SetUpJournal() => _journal = new ConditionJournal(Monitor, Time);

    [TearDown]
    public void TearDownJournal() => _journal.Dispose();

    [Test]
    public async Task FirstInventory_WhateverIsWrong_IsNoChange()
    {
        Backend.Report = TestGpus.Report(Sick(0, DeviceFaultKind.RemapFailed), Gpu(1));
        await using var stream = await StartAsync();

        Assert.That(Taken(), Is.Empty);
    }

    [Test]
    public async Task Xid_ThenItsEnd_AreTwoChanges()
    {
        await using var stream = await StartAsync();

        Raise(1, 79);
        await stream.NextAsync();
        var change = _journal.Take().Devices.Single();

        Assert.That(change.Device.Gpu.Uuid, Is.EqualTo(Gpu(1).Uuid));
        Assert.That((change.State, change.IsWithheld, change.Cordon), Is.EqualTo(("unhealthy", true, (Cordon?)null)));
        var cause = change.Causes.Single();
        Assert.That((cause.Word, cause.Xid, cause.Since), Is.EqualTo(("xid", 79L, Time.GetUtcNow())));
        Assert.That(Taken(), Is.Empty, "it is told once");

        Monitor.Health.Clear(Gpu(1).Uuid);
        Monitor.PublishAgain();
        Assert.That(Taken(), Is.EqualTo([(Gpu(1).Uuid, "healthy")]));
    }

    [Test]
    public async Task AnotherCause_OfASickGpu_IsAChange_ItsRepetitionIsNot()
    {
        await using var stream = await StartAsync();
        Raise(0, 79);
        await stream.NextAsync();
        _journal.Take();

        Raise(0, 79);
        Raise(0, 48);
        await stream.UntilAsync(inventory => inventory.Devices[0].Health.Description.Contains("XID 48", StringComparison.Ordinal));
        Assert.That(_journal.Take().Devices.Single().Causes.Select(cause => cause.Xid), Is.EqualTo(new long?[] { 79, 48 }));

        Raise(0, 48);
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That(Taken(), Is.Empty);
    }

    [Test]
    public async Task WhatComesAndGoesBetween_IsNoChange()
    {
        await using var stream = await StartAsync();
        Raise(0, 79);
        await stream.NextAsync();

        Monitor.Health.Clear(Gpu(0).Uuid);
        Monitor.PublishAgain();

        Assert.That(Taken(), Is.Empty);
    }

    [Test]
    public async Task Cordon_AndUncordon_AreChanges_OfTheInstancesToo()
    {
        Backend.Report = TestGpus.Report(Gpu(0), TestGpus.Instance(Gpu(0), 1), TestGpus.Instance(Gpu(0), 2), Gpu(1));
        await using var stream = await StartAsync();
        var cordon = new Cordon(Gpu(0).Uuid, "RMA-1", "root", Time.GetUtcNow());

        Change(record => record.With(Gpu(0), cordon));
        var changes = _journal.Take().Devices;

        Assert.That(changes.Select(change => change.Device.Gpu.PhysicalUuid), Is.EqualTo([Gpu(0).Uuid, Gpu(0).Uuid]));
        Assert.That(changes.Select(change => change.Cordon), Is.All.EqualTo(cordon));
        Assert.That(changes.SelectMany(change => change.Causes), Is.Empty, "a cordon is not a cause");

        Change(record => record.With(Gpu(0), cordon with { Reason = "RMA-2" }));
        Assert.That(Taken(), Is.Empty, "another reason is no change");

        Change(record => record.Without(Gpu(0)));
        Assert.That(_journal.Take().Devices.Select(change => (change.State, change.Cordon)), Is.All.EqualTo(("healthy", (Cordon?)null)));
    }

    [TestCase(-60, false)]
    [TestCase(0, true)]
    public async Task DeviceThatIsSeenLater_IsAChangeOnlyIfItBeganSince(int cordonedAgo, bool isChange)
    {
        _record = _record.With(Gpu(1), new Cordon(Gpu(1).Uuid, "RMA-1", "root", Time.GetUtcNow().AddSeconds(cordonedAgo)));
        Backend.Report = TestGpus.Report(Gpu(0));
        await using var stream = await StartAsync();

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        await Monitor.RefreshAsync().DefaultTimeout();

        Assert.That(Taken(), Is.EqualTo(isChange ? [(Gpu(1).Uuid, "unhealthy")] : Array.Empty<(string, string)>()));
    }

    [Test]
    public async Task GpuThatIsGone_AndMaintenance_HaveWordsOfTheirOwn()
    {
        await using var stream = await StartAsync();
        Backend.Report = TestGpus.Report(Gpu(0));
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That(_journal.Take().Devices.Single().Causes.Single().Word, Is.EqualTo("gpu_gone"));

        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        await Monitor.RefreshAsync().DefaultTimeout();
        Assert.That(Taken(), Is.EqualTo([(Gpu(1).Uuid, "healthy")]));

        MaintenanceText = "driver";
        await Monitor.RefreshAsync().DefaultTimeout();
        var causes = _journal.Take().Devices.SelectMany(change => change.Causes).ToList();
        Assert.That(causes.Select(cause => (cause.Word, cause.Text)), Is.EqualTo(
            new[] { ("maintenance", "maintenance: driver"), ("maintenance", "maintenance: driver") }));
    }

    [Test]
    public async Task CauseThatIsReportedOnly_HasTheStateThatHealthListSays()
    {
        await using var stream = await StartAsync(new HealthPolicy { ReportOnly = ["xid"] });

        Raise(0, 79);
        await stream.NextAsync();
        var change = _journal.Take().Devices.Single();
        Assert.That((change.State, change.IsWithheld), Is.EqualTo(("reported", false)));
        Assert.That(change.Causes.Single().IsWithheld, Is.False);

        Change(record => record.With(Gpu(0), new Cordon(Gpu(0).Uuid, "RMA-1", "root", Time.GetUtcNow())));
        Assert.That(Taken(), Is.EqualTo([(Gpu(0).Uuid, "unhealthy")]));
    }

    [Test]
    public async Task HealthThatIsNotWatched_HasNoCauses()
    {
        await using var stream = await StartAsync(new HealthPolicy { Enabled = false });

        Raise(0, 79);
        await Monitor.RefreshAsync().DefaultTimeout();

        Assert.That(Taken(), Is.Empty);
    }

    private IEnumerable<(string, string)> Taken() =>
        _journal.Take().Devices.Select(change => (change.Device.Gpu.Uuid, change.State));

    private void Change(Func<CordonRecord, CordonRecord> change)
    {
        Assert.That(Monitor.Cordons.Change(change), Is.Null);
        Monitor.PublishAgain();
    }

    private async Task<InventoryStream> StartAsync(HealthPolicy? policy = null)
    {
        Cordons = new CordonStore(() => _record, record =>
        {
            _record = record;
            return null;
        });
        Configure(policy ?? HealthPolicy.Default);
        var stream = new InventoryStream(Monitor);
        await stream.NextAsync();
        return stream;
    }
}
