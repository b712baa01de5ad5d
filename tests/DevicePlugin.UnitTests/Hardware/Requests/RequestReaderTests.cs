using System.Runtime.Versioning;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.Requests;

[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RequestReaderTests
{
    private readonly ObservedTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));
    private readonly TestLogs _logs = new();
    private readonly List<OperatorRequest> _done = [];

    // The reader stands still at the beginning of each look, so that nothing changes while a test looks.
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _goOn = new(0);

    private string _folder = null!;
    private RequestReader? _reader;
    private Task _ticking = Task.CompletedTask;
    private bool _isHeld;

    private string Requests => Path.Combine(_folder, "requests");

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("rq").FullName;

    [TearDown]
    public async Task TearDown()
    {
        _goOn.Release();
        if (_reader is not null)
        {
            await _reader.DisposeAsync().AsTask().DefaultTimeout();
        }

        Directory.Delete(_folder, recursive: true);
        _logs.Dispose();
    }

    [Test]
    public async Task Request_IsDoneAnsweredAndLogged()
    {
        await OpenAsync();
        Write("1", Request());

        var answer = await AnswerAsync("1");

        Assert.That(answer.Gpus.Single().Done, Is.EqualTo("cordoned"));
        Assert.That(_done.Single().Reason, Is.EqualTo("RMA"));
        Assert.That(
            _logs.Named("RequestDone").Single().Message, Is.EqualTo($"root (uid {FileStatus.CurrentUser}) ran \"cordon\": GPU \"GPU-1\" cordoned."));
        Assert.That(Directory.EnumerateFiles(Requests, "*.taken"), Is.Empty);
    }

    [TestCase(-15)]
    [TestCase(15)]
    public async Task Request_OldOrFromTheFuture_IsRefused(int seconds)
    {
        await OpenAsync();
        Write("1", Request() with { Written = _time.GetUtcNow().AddSeconds(seconds) });

        Assert.That((await AnswerAsync("1")).Problem, Does.StartWith("the plugin discarded the request: it was written 1"));
        Assert.That(_done, Is.Empty);
    }

    [Test]
    public async Task Request_FromBeforeTheStart_IsDiscarded()
    {
        CreateFolder(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Write("1", Request());

        await OpenAsync();
        await LookAsync();

        Assert.That(File.Exists(Path.Combine(Requests, "1.request")), Is.False);
        Assert.That(_done, Is.Empty);
    }

    [Test]
    public async Task Folder_OpenToOthers_IsRefused()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "RequestsNotTaken");
        CreateFolder(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        await OpenAsync();
        Write("1", Request());

        await LookAsync();
        await LookAsync();

        Assert.That(_logs.Named("RequestsNotTaken").Single().Message, Does.Contain("its mode must be 0700"));
        Assert.That(_done, Is.Empty);
    }

    [Test]
    public async Task Folder_ThatIsALink_IsRefused()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "RequestsNotTaken");
        var target = Directory.CreateDirectory(Path.Combine(_folder, "elsewhere")).FullName;
        Directory.CreateSymbolicLink(Requests, target);
        File.WriteAllText(Path.Combine(target, "mine"), "");
        await OpenAsync();

        await LookAsync();

        Assert.That(_logs.Named("RequestsNotTaken").Count(), Is.EqualTo(1));
        Assert.That(File.Exists(Path.Combine(target, "mine")), "nothing is deleted behind a link");
    }

    [Test]
    public async Task Request_WritableByOthersOrNotJson_IsDiscarded()
    {
        await OpenAsync();
        Write("1", Request());
        File.SetUnixFileMode(Path.Combine(Requests, "1.request"), UnixFileMode.UserRead | UnixFileMode.OtherWrite);
        File.WriteAllText(Path.Combine(Requests, "2.request"), "[]");

        Assert.That((await AnswerAsync("2")).Problem, Does.StartWith("the plugin does not understand the request"));
        Assert.That(_logs.Named("RequestDiscarded").First().Message, Does.Contain("others than its owner may write it"));
        Assert.That(_done, Is.Empty);
    }

    [Test]
    public async Task Lock_ThatSomebodyElseHas_IsWaitedFor()
    {
        var other = StateLock.TryTake(_folder, out _, out _);
        await OpenAsync();
        Assert.That(_isHeld, Is.False);
        other!.Dispose();

        await LookAsync();

        Assert.That(_isHeld, Is.True);
        Assert.That(StateLock.TryTake(_folder, out var isHeld, out _), Is.Null);
        Assert.That(isHeld, Is.True);
    }

    [Test]
    public async Task WhateverLiesInTheFolder_KeepsNoRequestFromBeingDone()
    {
        await OpenAsync();
        Directory.CreateDirectory(Path.Combine(Requests, "0.request"));
        Directory.CreateDirectory(Path.Combine(Requests, "1.taken", "full"));
        Write("1", Request());
        File.CreateSymbolicLink(Path.Combine(Requests, "2.request"), "/dev/zero");
        Hostility.Pipe.Put(Path.Combine(Requests, "3.request"));
        File.WriteAllText(Path.Combine(Requests, "4.request"), new string('[', 100_000));
        File.WriteAllText(Path.Combine(Requests, "5.request"), "");
        File.WriteAllText(Path.Combine(Requests, "\u202e\n.request"), "{}");
        Write("6", Request());

        Assert.That((await AnswerAsync("6")).Problem, Is.Null);
        Assert.That(_done, Has.Count.EqualTo(1));
        Assert.That(Directory.EnumerateFiles(Requests, "*.request"), Is.Empty);
    }

    [Test]
    public async Task Lock_ThatIsDeleted_IsTakenAgain()
    {
        await OpenAsync();
        Directory.Delete(_folder, recursive: true);

        await LookAsync();

        Assert.That(StateLock.TryTake(_folder, out var isHeld, out _), Is.Null, "a command would take it that no plugin runs");
        Assert.That(isHeld, Is.True);

        Write("1", Request());
        Assert.That((await AnswerAsync("1")).Problem, Is.Null);
    }

    [Test]
    public async Task Request_WithTextWithoutEnd_IsOneShortLine()
    {
        await OpenAsync();
        Write("1", new OperatorRequest(OperatorVerb.Cordon, ["0"], $"root\n{new string('r', 5000)}", _time.GetUtcNow())
        {
            Reason = $"RMA\r\u001b]0;title\u0007{new string('x', 10_000)}",
        });

        await AnswerAsync("1");

        Assert.That(_done.Single().By, Has.Length.EqualTo(OneLine.MostCaller).And.StartWith("root rrr"));
        Assert.That(_done.Single().Reason, Has.Length.EqualTo(OneLine.MostReason).And.StartWith("RMA ]0;titlexxx"));
        Assert.That(_logs.Named("RequestDone").Single().Message, Has.Length.LessThan(200));
    }

    [Test]
    public async Task Handler_ThatThrows_CostsTheRequest()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "RequestFailed");
        await OpenAsync((_, _) => throw new InvalidOperationException("broken"));
        Write("1", Request());

        Assert.That((await AnswerAsync("1")).Problem, Is.EqualTo("the plugin failed: broken"));
    }

    /// <summary>At the beginning of its first look, the reader has the lock and has made the folder.</summary>
    private async Task OpenAsync(Func<OperatorRequest, CancellationToken, Task<OperatorAnswer>>? handle = null)
    {
        _reader = new RequestReader(
            _folder, null, new RequestHandlers(handle ?? Do, StandStill), _time, _logs.CreateLogger<RequestReader>());
        await _time.NextTimer();
        await BeginAsync();
    }

    /// <summary>Ends the look that has begun, and begins the next.</summary>
    private async Task LookAsync()
    {
        _goOn.Release();
        await BeginAsync();
    }

    private async Task BeginAsync()
    {
        // The look may run on the thread that moves the clock, and stands still there. A clock that is moved again before that
        // thread is back drops the tick.
        await _ticking.DefaultTimeout();
        _ticking = Task.Run(() => _time.Advance(RequestReader.Poll));
        await _begun.WaitAsync().DefaultTimeout();
    }

    private void StandStill(bool isHeld)
    {
        _isHeld = isHeld;
        _begun.Release();
        _goOn.Wait();
    }

    private Task<OperatorAnswer> Do(OperatorRequest request, CancellationToken cancellationToken)
    {
        _done.Add(request);
        return Task.FromResult(new OperatorAnswer(null, [new GpuCondition("GPU-1", "unhealthy", []) { Done = "cordoned" }]));
    }

    private OperatorRequest Request() =>
        new(OperatorVerb.Cordon, ["0"], "root", _time.GetUtcNow()) { Reason = "RMA" };

    private void CreateFolder(UnixFileMode mode)
    {
        Directory.CreateDirectory(Requests);
        File.SetUnixFileMode(Requests, mode);
    }

    private void Write(string name, OperatorRequest request)
    {
        if (!Directory.Exists(Requests))
        {
            CreateFolder(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.WriteAllBytes(Path.Combine(Requests, name + ".request"), RequestJson.Write(request));
    }

    private async Task<OperatorAnswer> AnswerAsync(string name)
    {
        await LookAsync();
        return RequestJson.ReadAnswer(await File.ReadAllBytesAsync(Path.Combine(Requests, name + ".answer")));
    }
}
