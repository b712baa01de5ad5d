using System.Runtime.Versioning;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.FunctionalTests.Mps;

[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Self)]
internal sealed class MpsKeeperTests
{
    private const string First = "GPU-00000000";
    private const string Second = "GPU-00000001";

    private static readonly string?[] Good = [null, null];

    private static readonly TimeSpan ShortAnswerLimit = TimeSpan.FromSeconds(1);

    private MpsNode _node = null!;

    [SetUp]
    public void SetUp() => _node = new MpsNode();

    [TearDown]
    public async Task TearDownAsync()
    {
        // What set-up makes is missing where it skips the test.
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    [Test]
    public async Task Attend_FirstTime_StartsTheDaemonWithLimitsInExclusiveMode()
    {
        Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));

        Assert.That(_node.Tools.ModeCalls, Is.EqualTo(new[]
        {
            $"-i {First} -c EXCLUSIVE_PROCESS", $"-i {Second} -c EXCLUSIVE_PROCESS",
        }));
        Assert.That(await _node.Tools.AskAsync(0, "get_default_active_thread_percentage"), Is.EqualTo("25.0"));
        Assert.That(await _node.Tools.AskAsync(0, "get_default_device_pinned_mem_limit 0"), Is.EqualTo("20389M"));
        Assert.That(await _node.Tools.AskAsync(0, "get_default_device_pinned_mem_limit 1"), Is.EqualTo("20389M"));
    }

    [Test]
    public async Task Attend_StartedDaemon_HasNothingOfThePlugin()
    {
        // An open file that nothing protects from being inherited, as a native library may have it.
        using var inheritable = OpenInheritable();
        await _node.RefreshAsync();
        var daemon = _node.Tools.Daemon(0)!.Value;

        var environment = ProcessIdentity.ReadStrings(daemon, "environ");
        var open = MpsTools.OpenFilesOf(daemon);
        var own = open.Where(path => path!.StartsWith(_node.Tools.StateDirectory, StringComparison.Ordinal));
        Assert.Multiple(() =>
        {
            Assert.That(environment, Does.Contain($"CUDA_VISIBLE_DEVICES={First},{Second}"));
            Assert.That(environment.Select(variable => variable.Split('=')[0]), Is.SubsetOf((string[])
            [
                "CUDA_DEVICE_ORDER", "CUDA_MPS_LOG_DIRECTORY", "CUDA_MPS_PIPE_DIRECTORY", "CUDA_VISIBLE_DEVICES",
                "LC_ALL", "LD_LIBRARY_PATH", "PATH",
            ]));
            Assert.That(
                open.Except(own).Where(path => !path!.StartsWith("socket:", StringComparison.Ordinal)).Distinct(),
                Is.EqualTo(new[] { "/dev/null" }));
            Assert.That(open.Count(path => path!.StartsWith("socket:", StringComparison.Ordinal)), Is.EqualTo(2));
            Assert.That(new DirectoryInfo($"/proc/{daemon}/cwd").LinkTarget, Is.EqualTo("/"));
            Assert.That(ProcessIdentity.ParentOf(daemon), Is.Not.EqualTo(Environment.ProcessId));
        });
    }

    [Test]
    public async Task Attend_ByALaterPlugin_TakesTheSameDaemonUp()
    {
        await _node.RefreshAsync();
        var daemon = _node.Tools.Daemon(0);

        await _node.RestartAsync();

        Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));
        Assert.That(_node.Tools.Daemon(0), Is.EqualTo(daemon));
        Assert.That(_node.Logs.Named("MpsDaemonTaken").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Attend_AsBefore_AsksAndDoesNothingElse()
    {
        await _node.RefreshAsync();
        var state = File.ReadAllText(_node.Tools.StateFile);
        var logs = _node.Logs.Entries.Count;

        await _node.RefreshAsync();
        await _node.RefreshAsync();

        Assert.That(_node.Tools.ModeCalls, Has.Length.EqualTo(2));
        Assert.That(File.ReadAllText(_node.Tools.StateFile), Is.EqualTo(state));
        Assert.That(_node.Logs.Entries, Has.Count.EqualTo(logs));
    }

    [Test]
    public async Task Attend_DaemonDied_IsAFaultAndStartedAnew()
    {
        await _node.RefreshAsync();
        var first = _node.Tools.Daemon(0)!.Value;

        MpsTools.Kill(first);
        await _node.BecomesBadAsync($"has ended (process {first})");
        await _node.BecomesGoodAsync();

        Assert.That(_node.Tools.Daemon(0), Is.Not.Null.And.Not.EqualTo(first));
        Assert.That(await _node.Tools.AskAsync(0, "get_default_active_thread_percentage"), Is.EqualTo("25.0"));
    }

    [Test]
    public async Task Attend_DaemonDiedWithoutAPlugin_IsStartedAnewAtOnce()
    {
        await _node.RefreshAsync();
        var first = _node.Tools.Daemon(0)!.Value;
        await _node.RestartAsync();

        MpsTools.Kill(first);

        Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));
        Assert.That(_node.Tools.Daemon(0), Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Attend_DaemonRefusesToStart_IsAFaultWithItsWordsUntilItStarts()
    {
        _node.Tools.Behave("refuse today");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("exit code 1: The test wants no daemon today"));

        _node.Tools.Behave();
        await _node.BecomesGoodAsync();
    }

    [Test]
    public async Task Attend_LauncherStays_IsAFaultAndTheLauncherIsEnded()
    {
        await _node.RestartAsync(ShortAnswerLimit);
        _node.Tools.Behave("stay");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("did not go to the background within 2 s"));
        Assert.That(_node.Tools.Daemon(0), Is.Null);
    }

    [Test]
    public async Task Attend_SilentDaemonWithoutServers_IsAFaultAndReplaced()
    {
        await _node.RestartAsync(ShortAnswerLimit);
        await _node.RefreshAsync();
        var first = _node.Tools.Daemon(0)!.Value;
        _node.Tools.Behave("mute");

        await _node.BecomesBadAsync("does not answer");
        await _node.RefreshUntilAsync(_ => ProcessIdentity.Of(first) is null);
        _node.Tools.Behave();
        await _node.BecomesGoodAsync();

        Assert.That(_node.Logs.Named("MpsDaemonGivenUp").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Attend_SilentDaemonWithServers_IsAFaultAndLeftToItsClients()
    {
        await _node.RestartAsync(ShortAnswerLimit);
        await _node.RefreshAsync();
        var first = _node.Tools.Daemon(0)!.Value;
        await _node.Tools.AskAsync(0, "start_server -uid 0");
        _node.Tools.Behave("mute");

        var questions = _node.Tools.CountQuestions(0);
        await _node.RefreshUntilAsync(_ => _node.Tools.CountQuestions(0) >= questions + 6);

        await _node.BecomesBadAsync("does not answer");
        Assert.That(ProcessIdentity.Of(first), Is.Not.Null);
        _node.Tools.Behave();
        await _node.BecomesGoodAsync();
        Assert.That(_node.Tools.Daemon(0), Is.EqualTo(first));
    }

    [Test]
    public async Task Attend_DaemonAnswersNonsense_IsAFault()
    {
        await _node.RefreshAsync();
        _node.Tools.Behave("garbage");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("is not a percentage: \"no number at all\""));
    }

    [TestCase("client=nobody knows")]
    [TestCase("client=12 34")]
    public async Task Attend_ListOfClientsThatIsNotUnderstood_EndsNoDaemon(string answer)
    {
        await _node.RefreshAsync();
        var daemon = _node.Tools.Daemon(0)!.Value;
        await _node.Tools.AskAsync(0, "start_server -uid 0");
        _node.Tools.Behave(answer);

        // Another set of GPUs needs another daemon.
        _node.Shared = gpu => gpu.Uuid == First;
        await _node.BecomesBadAsync("does not answer");

        Assert.That(_node.Tools.Daemon(0), Is.EqualTo(daemon));
        Assert.That(File.ReadAllText(Path.Combine(_node.Tools.LogDirectory(0), "control.log")), Does.Not.Contain("Cmd:quit"));
    }

    [Test]
    public async Task Attend_DaemonThatSomebodyRestarted_GetsTheLimitsAgain()
    {
        await _node.RefreshAsync();
        MpsTools.Kill(_node.Tools.Daemon(0)!.Value);
        await _node.RefreshUntilAsync(_ => true);
        while (_node.Tools.Daemon(0) is null)
        {
            _node.Tools.StartDaemon(0);
        }

        await _node.BecomesGoodAsync();

        Assert.That(await _node.Tools.AskAsync(0, "get_default_active_thread_percentage"), Is.EqualTo("25.0"));
        Assert.That(await _node.Tools.AskAsync(0, "get_default_device_pinned_mem_limit 1"), Is.EqualTo("20389M"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Attend_ProcessThatOnlyLooksLikeTheDaemon_IsNotTakenForItAndNotKilled(bool isOtherUser)
    {
        using var impostor = _node.Tools.StartImpostor(0, isOtherUser);
        try
        {
            await Eventually.BecomesTrue(() =>
                ProcessIdentity.ReadStrings(impostor.Id, "cmdline").Any(word => word is "-d" or "/dev/null"));
            Assert.That(_node.Tools.Daemon(0), Is.Null);
            Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));
            Assert.That(_node.Tools.Daemon(0), Is.Not.Null.And.Not.EqualTo(impostor.Id));
            Assert.That(impostor.HasExited, Is.False, () => $"exit code {impostor.ExitCode}");
        }
        finally
        {
            impostor.Kill();
        }
    }

    [Test]
    public async Task Attend_RecordThatNamesAnotherProcess_DoesNotKillIt()
    {
        await _node.RefreshAsync();
        var daemon = ProcessIdentity.Of(_node.Tools.Daemon(0)!.Value)!;
        using var victim = System.Diagnostics.Process.Start("sleep", "600");
        try
        {
            await _node.RestartAsync();
            MpsTools.Kill(daemon.Id);
            var named = ProcessIdentity.Of(victim.Id)!;
            File.WriteAllText(_node.Tools.StateFile, File.ReadAllText(_node.Tools.StateFile)
                .Replace($"{daemon.Id}", $"{named.Id}", StringComparison.Ordinal)
                .Replace($"{daemon.StartTicks}", $"{named.StartTicks}", StringComparison.Ordinal));
            Assert.That(File.ReadAllText(_node.Tools.StateFile), Does.Contain($"{named.Id}"));

            await _node.BecomesGoodAsync();

            Assert.That(victim.HasExited, Is.False);
            Assert.That(_node.Tools.Daemon(0), Is.Not.Null.And.Not.EqualTo(daemon.Id));
        }
        finally
        {
            victim.Kill();
        }
    }

    [Test]
    public async Task Attend_LinkThatSomebodyPutWhereTheLogBegins_LeavesItsTarget()
    {
        var target = Path.Combine(_node.Tools.StateDirectory, "precious");
        Directory.CreateDirectory(_node.Tools.LogDirectory(0));
        File.WriteAllText(target, "precious");
        File.CreateSymbolicLink(Path.Combine(_node.Tools.LogDirectory(0), "start.log"), target);

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("could not be started"));
        Assert.That(File.ReadAllText(target), Is.EqualTo("precious"));
    }

    [Test]
    public async Task Attend_LogFolderThatOthersMayWrite_IsAFaultWithAdvice()
    {
        Directory.CreateDirectory(_node.Tools.LogDirectory(0));
        File.SetUnixFileMode(_node.Tools.LogDirectory(0), (UnixFileMode)0x1FF);

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("is writable by users other than root; correct or remove it"));
        Assert.That(_node.Tools.Daemon(0), Is.Null);
    }

    [Test]
    public async Task Attend_NoControlTool_IsAFaultWithAdvice()
    {
        _node.Tools.Remove("nvidia-cuda-mps-control");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains(
            "nvidia-cuda-mps-control was not found under driver_root; install the driver's MPS programs"));
    }

    [Test]
    public async Task Attend_ControlToolThatOthersMayWrite_IsAFaultAndIsNotRun()
    {
        _node.Tools.Expose("nvidia-cuda-mps-control");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains(
            "nvidia-cuda-mps-control is not trusted: \"" + _node.Tools.DriverRoot
            + "/usr/bin/nvidia-cuda-mps-control\" is writable by users other than root"));
        Assert.That(_node.Tools.Daemon(0), Is.Null);
    }

    [Test]
    public async Task Attend_ServerThatOthersMayWrite_IsAFaultAndTheDaemonIsNotStarted()
    {
        _node.Tools.Add("nvidia-cuda-mps-server");
        _node.Tools.Expose("nvidia-cuda-mps-server");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("nvidia-cuda-mps-server is not trusted: "));
        Assert.That(_node.Tools.Daemon(0), Is.Null, "it would start the server with root's rights");
    }

    [Test]
    public async Task Attend_ModeToolThatOthersMayWrite_IsAFaultAndIsNotRun()
    {
        _node.Tools.Expose("nvidia-smi");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("nvidia-smi is not trusted: "));
        Assert.That(_node.Tools.ModeCalls, Is.Empty);
    }

    [Test]
    public async Task Attend_NoModeTool_IsAFaultAndTheDaemonRuns()
    {
        _node.Tools.Remove("nvidia-smi");

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("nvidia-smi was not found under driver_root"));
        Assert.That(_node.Tools.Daemon(0), Is.Not.Null);
    }

    [Test]
    public async Task Attend_ModeRefused_IsAFaultWithTheToolsWords()
    {
        _node.Tools.FailModes(true);

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("Insufficient Permissions"));
    }

    [Test]
    public async Task Attend_ModeIsExclusiveAlready_IsLeftAndNotPutBack()
    {
        _node.Gpus = [.. _node.Gpus.Select(
            gpu => gpu with { Facts = gpu.Facts with { ComputeMode = "exclusive_process" } })];
        await _node.RefreshAsync();
        _node.Shared = null;
        await _node.RefreshAsync();

        Assert.That(_node.Tools.Daemon(0), Is.Null);
        Assert.That(_node.Tools.ModeCalls, Is.Empty);
    }

    [Test]
    public async Task Attend_BlockIsGone_PutsDaemonAndModesBack()
    {
        _node.Gpus = [_node.Gpus[0], _node.Gpus[1] with { Facts = _node.Gpus[1].Facts with { ComputeMode = "prohibited" } }];
        await _node.RefreshAsync();
        await _node.RestartAsync();
        _node.Shared = null;

        Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));

        Assert.That(_node.Tools.Daemon(0), Is.Null);
        Assert.That(
            _node.Tools.ModeCalls[2..], Is.EqualTo(new[] { $"-i {First} -c DEFAULT", $"-i {Second} -c PROHIBITED" }));
        Assert.That(File.ReadAllText(_node.Tools.StateFile), Does.Not.Contain("GPU-"));
    }

    [Test]
    public async Task Attend_BlockIsGoneWithClients_WaitsForThem()
    {
        await _node.RefreshAsync();
        var daemon = _node.Tools.Daemon(0);
        await _node.Tools.AskAsync(0, "start_server -uid 0");
        _node.Tools.Behave("client=4711");
        _node.Shared = null;

        Assert.That(await _node.RefreshAsync(), Is.All.Contains("still runs: it has clients (process 4711)"));
        Assert.That(_node.Tools.Daemon(0), Is.EqualTo(daemon));

        _node.Tools.Behave();
        await _node.BecomesGoodAsync();
        Assert.That(_node.Tools.Daemon(0), Is.Null);
    }

    [Test]
    public async Task Attend_MoreGpus_ReplacesADaemonWithoutClients()
    {
        _node.Shared = gpu => gpu.Index == 0;
        await _node.RefreshAsync();
        var first = _node.Tools.Daemon(0);
        _node.Shared = _ => true;

        Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));

        var daemon = _node.Tools.Daemon(0)!.Value;
        Assert.That(daemon, Is.Not.EqualTo(first));
        Assert.That(
            ProcessIdentity.ReadStrings(daemon, "environ"), Does.Contain($"CUDA_VISIBLE_DEVICES={First},{Second}"));
    }

    [Test]
    public async Task Attend_MoreGpusWithClients_KeepsTheDaemonAndTheNewGpuWaits()
    {
        _node.Shared = gpu => gpu.Index == 0;
        await _node.RefreshAsync();
        var first = _node.Tools.Daemon(0);
        await _node.Tools.AskAsync(0, "start_server -uid 0");
        _node.Tools.Behave("client=4711");
        _node.Shared = _ => true;

        var faults = await _node.RefreshAsync();

        Assert.That(faults[0], Is.Null);
        Assert.That(faults[1], Does.Contain("will be restarted: it has clients (process 4711)"));
        Assert.That(_node.Tools.Daemon(0), Is.EqualTo(first));
    }

    [Test]
    public async Task Attend_FewerGpus_PutsTheModeOfTheOtherBack()
    {
        await _node.RefreshAsync();
        _node.Shared = gpu => gpu.Index == 0;

        await _node.RefreshAsync();

        Assert.That(_node.Tools.ModeCalls[2..], Is.EqualTo(new[] { $"-i {Second} -c DEFAULT" }));
        Assert.That(
            ProcessIdentity.ReadStrings(_node.Tools.Daemon(0)!.Value, "environ"),
            Does.Contain($"CUDA_VISIBLE_DEVICES={First}"));
    }

    [Test]
    public async Task Attend_GpuDoesNotShow_KeepsTheDaemonAndItsMode()
    {
        await _node.RefreshAsync();
        var first = _node.Tools.Daemon(0);
        var all = _node.Gpus;
        _node.Gpus = [all[0]];
        await _node.RefreshAsync();
        _node.Gpus = all;

        Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));
        Assert.That(_node.Tools.Daemon(0), Is.EqualTo(first));
        Assert.That(_node.Tools.ModeCalls, Has.Length.EqualTo(2));
    }

    [TestCase("", "unusable")]
    [TestCase("""{"version": 1, "daemons": [{"block": 0, "gpus": [{"uuid": "-r", "former_compute_mode": "default"}]}]}""", "unusable")]
    [TestCase("""{"version": 7, "daemons": []}""", "newer")]
    public async Task Attend_StateFileThatCannotBeUsed_IsMovedAsideAndTheDaemonTakenUp(string state, string suffix)
    {
        await _node.RefreshAsync();
        var daemon = _node.Tools.Daemon(0);
        File.WriteAllText(_node.Tools.StateFile, state);
        await _node.RestartAsync();

        Assert.That(await _node.RefreshAsync(), Is.EqualTo(Good));

        Assert.That(_node.Tools.Daemon(0), Is.EqualTo(daemon));
        Assert.That(File.ReadAllText($"{_node.Tools.StateFile}.{suffix}"), Is.EqualTo(state));
        Assert.That(_node.Logs.Named("StateMovedAside").Count(), Is.EqualTo(1));
        Assert.That(_node.Logs.Named("MpsRecordMissing").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Attend_DaemonOfSomebodyElse_IsAskedAndLeftAlone()
    {
        await using var other = new MpsNode(manages: false);

        Assert.That(await other.RefreshAsync(), Is.All.Contains("no MPS control daemon works in"));
        Assert.That(other.Tools.Daemon(0), Is.Null);
        Assert.That(other.Tools.ModeCalls, Is.Empty);
        Assert.That(Directory.Exists(other.Tools.StateDirectory), Is.False);
    }

    private static FileStream OpenInheritable()
    {
        var file = new FileStream("/etc/hostname", FileMode.Open, FileAccess.Read, FileShare.Read);
        Assert.That(NativeDescriptors.LetInherit(file.SafeFileHandle), Is.Zero);
        return file;
    }
}
