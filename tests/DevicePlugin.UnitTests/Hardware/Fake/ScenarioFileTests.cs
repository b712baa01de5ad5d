using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.UnitTests.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Hardware.Fake;

/// <summary>
/// A scenario file that changes under the backend; real time, since the file system has no manual clock.
/// </summary>
internal sealed class ScenarioFileTests
{
    private const string Xid = "'timeline': [{'id': 'x', 'at': 0, 'gpu': 0, 'event': {'type': 'xid', 'data': 79}}";

    private string _folder = "";
    private string _path = "";

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("scenario-").FullName;
        _path = Path.Combine(_folder, "node.json");
    }

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [TestCase(false)]
    [TestCase(true)]
    public async Task FileChanged_IsSeenAtOnce(bool byRename)
    {
        await File.WriteAllTextAsync(_path, ScenarioText.Of());
        await using var node = NodeOfFile();
        var next = node.Watch();

        await ChangeAsync(ScenarioText.Of("'state': 'lost'"), byRename);

        Assert.That((await next()).Kind, Is.EqualTo(GpuEventKind.Inventory));
        Assert.That((await node.EnumerateAsync()).Devices[0].Fault?.Kind, Is.EqualTo(DeviceFaultKind.Lost));
    }

    [Test]
    public async Task EventDelivered_FileChanged_OnlyTheNewOneFollows()
    {
        await File.WriteAllTextAsync(_path, ScenarioText.Of(more: Xid + "]"));
        await using var node = NodeOfFile();
        var next = node.Watch();
        var first = await next();

        await ChangeAsync(
            ScenarioText.Of(more: Xid + ", {'id': 'y', 'at': 0, 'gpu': 1, 'event': {'type': 'xid', 'data': 48}}]"),
            byRename: true);

        Assert.That(first, Is.EqualTo(new GpuEvent(GpuEventKind.Xid, ScenarioText.Gpu0, 79)));
        Assert.That(await next(), Is.EqualTo(new GpuEvent(GpuEventKind.Xid, ScenarioText.Gpu1, 48)));
    }

    [Test]
    public async Task BrokenFile_IsAnEmptyInventoryWithTheReason_UntilItIsGoodAgain()
    {
        await File.WriteAllTextAsync(_path, ScenarioText.Of("'state': 5"));
        await using var node = NodeOfFile();
        node.Logs.ExpectErrors(entry => entry.EventId.Name == "ScenarioBroken");
        var next = node.Watch();

        var broken = await node.EnumerateAsync();
        await node.EnumerateAsync();
        await ChangeAsync(ScenarioText.Of(), byRename: true);
        await next();
        var good = await node.EnumerateAsync();

        Assert.Multiple(() =>
        {
            Assert.That(broken.Driver.State, Is.EqualTo(DriverState.Failed));
            Assert.That(broken.Driver.Reason, Does.Contain(_path).And.Contain("$.gpus[0].state: must be text, not 5"));
            Assert.That(broken.Devices, Is.Empty);
            Assert.That(node.Logs.Named("ScenarioBroken").Count(), Is.EqualTo(1), "said once");
            Assert.That(good.Devices, Has.Length.EqualTo(2));
        });
    }

    [Test]
    public async Task MissingFolder_IsAnEmptyInventory_UntilTheFileIsThere()
    {
        Directory.Delete(_folder);
        await using var node = NodeOfFile();
        node.Logs.ExpectErrors(entry => entry.EventId.Name == "ScenarioBroken");

        var missing = await node.EnumerateAsync();
        Directory.CreateDirectory(_folder);
        await File.WriteAllTextAsync(_path, ScenarioText.Of());
        var there = await node.EnumerateAsync();

        Assert.That(missing.Driver.Reason, Does.Contain(_path));
        Assert.That(there.Devices, Has.Length.EqualTo(2));
    }

    private FakeNode NodeOfFile() => new(ScenarioLibrary.Find(_path), TimeProvider.System);

    private async Task ChangeAsync(string text, bool byRename)
    {
        if (byRename)
        {
            await File.WriteAllTextAsync(_path + ".new", text);
            File.Move(_path + ".new", _path, overwrite: true);
        }
        else
        {
            await File.WriteAllTextAsync(_path, text);
        }
    }
}
