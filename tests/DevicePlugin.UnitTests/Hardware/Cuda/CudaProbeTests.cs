using System.Globalization;
using System.IO.Pipes;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Cuda;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Cuda;

[Platform("Linux")]
internal sealed class CudaProbeTests
{
    private static readonly GpuDevice Device = new() { Uuid = "GPU-1", Name = "x", Index = 0 };

    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Child_OfAPluginThatKnowsAnMpsDaemon_CannotReachIt()
    {
        using var logs = new TestLogs();
        Environment.SetEnvironmentVariable("CUDA_MPS_PIPE_DIRECTORY", _folder);
        try
        {
            using var probe = new CudaProbe(
                new NvmlOptions { ProbeExecutable = Script($"echo $CUDA_MPS_PIPE_DIRECTORY > {_folder}/pipes; echo '{{}}'") },
                logs.CreateLogger(""), TimeProvider.System);
            await probe.AskAsync(0, null, 0, CancellationToken.None).DefaultTimeout();
        }
        finally
        {
            Environment.SetEnvironmentVariable("CUDA_MPS_PIPE_DIRECTORY", null);
        }

        var pipes = (await File.ReadAllTextAsync($"{_folder}/pipes")).Trim();
        Assert.That(pipes, Is.Not.Empty.And.Not.EqualTo(_folder));
        Assert.That(Directory.Exists(pipes), Is.False);
    }

    [Test]
    public async Task Child_OfAPluginWithSecrets_GetsWhatCudaNeedsAndNothingElse()
    {
        var names = new[] { "NOMAD_TOKEN", "AWS_SECRET_ACCESS_KEY", "CUDA_MPS_LOG_DIRECTORY", "LD_LIBRARY_PATH", "HWMOCKS_SCENARIO" };
        var before = names.ToDictionary(name => name, Environment.GetEnvironmentVariable);
        Array.ForEach(names, name => Environment.SetEnvironmentVariable(name, $"/value/of/{name}"));
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        try
        {
            await ReadAsync($"/usr/bin/env > {_folder}/env; cd /proc/self/fd; echo * > {_folder}/open; echo '{{}}'");
        }
        finally
        {
            Array.ForEach(names, name => Environment.SetEnvironmentVariable(name, before[name]));
        }

        var environment = await File.ReadAllLinesAsync(Path.Combine(_folder, "env"));
        Assert.That(environment, Does.Contain("LD_LIBRARY_PATH=/value/of/LD_LIBRARY_PATH"));
        Assert.That(environment, Does.Contain("HWMOCKS_SCENARIO=/value/of/HWMOCKS_SCENARIO"));

        // What the shell sets by itself is not ours.
        string[] wanted = ["LD_LIBRARY_PATH", "CUDA_DEVICE_ORDER", "CUDA_MPS_PIPE_DIRECTORY", "LC_ALL", "DOTNET_ROOT",
            "NOMAD_DEVICE_GPU_PARENT",
            "PWD", "OLDPWD", "SHLVL", "_"];
        Assert.That(
            environment.Select(line => line.Split('=')[0])
                .Where(name => !name.StartsWith("HWMOCKS_", StringComparison.Ordinal)),
            Is.SubsetOf(wanted));

        // The shell has the script open itself, at 10 or 255, and the folder and the output while it lists.
        var open = await File.ReadAllTextAsync(Path.Combine(_folder, "open"));
        Assert.That(
            open.Split(' ', StringSplitOptions.TrimEntries).Select(descriptor => int.Parse(descriptor, CultureInfo.InvariantCulture)),
            Is.SubsetOf([0, 1, 2, 3, 10, 11, 255]));
    }

    [Test]
    public async Task ReadAsync_DriverPrintsAWarning_TheAnswerIsReadAllTheSame()
    {
        var facts = await ReadAsync($"echo 'libcuda: a warning' >&2; {Answer(132)}");

        Assert.That(facts.AddTo(Device).Facts.SmCount, Is.EqualTo(132));
    }

    [Test]
    public async Task ReadAsync_ChildFailed_IsAskedAgainWithGrowingPausesAndAnswersInTheEnd()
    {
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script(Count + "echo '{\"error\":\"CUDA error 802\"}'") }, logs.CreateLogger(""), time);
        await probe.AskAsync(0, "580", 1, CancellationToken.None).DefaultTimeout();

        var asked = new List<int>();
        for (var minute = 1; minute <= 35; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            var runs = Runs;
            await ReadToTheEndAsync(probe, 0, 1);
            asked.AddRange(Enumerable.Repeat(minute, Runs - runs));
        }

        Script(Answer(132));
        time.Advance(TimeSpan.FromMinutes(10));
        var facts = await ReadToTheEndAsync(probe, 0, 1);

        Assert.That(asked, Is.EqualTo([1, 3, 7, 15, 25, 35]));
        Assert.That(facts.AddTo(Device).Facts.SmCount, Is.EqualTo(132));
        Assert.That(logs.Named("NoCudaFacts").Count(), Is.EqualTo(1), "the same reason is logged once");
    }

    [Test]
    public async Task ReadAsync_ChildFailsAndTheDriverIsLoadedAgainAndAgain_IsNotAskedInALoop()
    {
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script(Count + "exit 1") }, logs.CreateLogger(""), time);

        for (var load = 0; load < 60; load++)
        {
            await ReadToTheEndAsync(probe, load, 1);
            time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.That(Runs, Is.EqualTo(2));
    }

    [Test]
    public async Task ReadAsync_DriverIsLoadedAgainWhileAChildRuns_ThatOneIsEndedFirst()
    {
        using var logs = new TestLogs();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script($"echo $$ > {_folder}/new; mv {_folder}/new {_folder}/pid; exec sleep 1000") },
            logs.CreateLogger(""), TimeProvider.System);
        var first = probe.AskAsync(0, "580", 1, CancellationToken.None);
        while (!File.Exists($"{_folder}/pid"))
        {
            await Task.Yield();
        }

        var pid = int.Parse(await File.ReadAllTextAsync($"{_folder}/pid"), CultureInfo.InvariantCulture);
        Script(Answer(132));
        var facts = await probe.AskAsync(1, "580", 1, CancellationToken.None).DefaultTimeout();

        Assert.That(facts.AddTo(Device).Facts.SmCount, Is.EqualTo(132));
        Assert.That(() => ProcessIdentity.Of(pid), Is.Null.After(5000, 20));
        await first.DefaultTimeout();
        Assert.That(logs.Named("NoCudaFacts"), Is.Empty, "its end was wanted");
    }

    [Test]
    public async Task Dispose_ChildRuns_IsEnded()
    {
        using var logs = new TestLogs();
        var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script($"echo $$ > {_folder}/new; mv {_folder}/new {_folder}/pid; exec sleep 1000") },
            logs.CreateLogger(""), TimeProvider.System);
        var reading = probe.AskAsync(0, "580", 1, CancellationToken.None);
        while (!File.Exists($"{_folder}/pid"))
        {
            await Task.Yield();
        }

        probe.Dispose();

        await reading.DefaultTimeout();
        var pid = int.Parse(await File.ReadAllTextAsync($"{_folder}/pid"), CultureInfo.InvariantCulture);
        Assert.That(() => ProcessIdentity.Of(pid), Is.Null.After(5000, 20));
    }

    [Test]
    public async Task ReadAsync_ChildAnswers_GivesItsFacts()
    {
        var facts = await ReadAsync(
            """echo '{"devices":[{"uuid":"gpu-1","l2_cache_kib":51200,"sm_count":132,"copy_engines":3}]}'""");

        var device = facts.AddTo(Device);
        Assert.That(device.Facts.SmCount, Is.EqualTo(132));
        Assert.That(device.Facts.L2CacheKiB, Is.EqualTo(51200));
        Assert.That(device.Facts.CopyEngines, Is.EqualTo(3));
    }

    [Test]
    public async Task ReadAsync_ChildIsSlow_IsNotWaitedForAndTellsWhenItIsDone()
    {
        using var logs = new TestLogs();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script($"while [ ! -e {_folder}/go ]; do sleep 0.02; done; {Answer(132)}") },
            logs.CreateLogger(""), TimeProvider.System);
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        probe.Finished += () => finished.TrySetResult();

        probe.Ask(0, "580", 0);
        var first = await probe.ReadAsync(TimeSpan.Zero, CancellationToken.None).DefaultTimeout();
        var second = await probe.ReadAsync(TimeSpan.Zero, CancellationToken.None).DefaultTimeout();
        Assert.That(first.AddTo(Device), Is.EqualTo(Device));
        Assert.That(second.AddTo(Device), Is.EqualTo(Device));
        Assert.That(finished.Task.IsCompleted, Is.False);

        await File.WriteAllTextAsync($"{_folder}/go", "");
        await finished.Task.DefaultTimeout();
        var facts = await probe.ReadAsync(TimeSpan.Zero, CancellationToken.None).DefaultTimeout();
        Assert.That(facts.AddTo(Device).Facts.SmCount, Is.EqualTo(132));
    }

    [Test]
    public async Task ReadAsync_Child_SeesEveryGpuInNvmlsOrderAndNoCookie()
    {
        Environment.SetEnvironmentVariable("CUDA_VISIBLE_DEVICES", "");
        Environment.SetEnvironmentVariable("NOMAD_PLUGIN_MAGIC_COOKIE", "x");
        try
        {
            await ReadAsync($"env > {_folder}/env; echo \"$@\" > {_folder}/args; echo '{{}}'");
        }
        finally
        {
            Environment.SetEnvironmentVariable("CUDA_VISIBLE_DEVICES", null);
            Environment.SetEnvironmentVariable("NOMAD_PLUGIN_MAGIC_COOKIE", null);
        }

        var environment = await File.ReadAllLinesAsync(Path.Combine(_folder, "env"));
        Assert.That(environment, Does.Contain("CUDA_DEVICE_ORDER=PCI_BUS_ID"));
        Assert.That(environment, Has.None.StartsWith("CUDA_VISIBLE_DEVICES"));
        Assert.That(environment, Has.None.StartsWith("NOMAD_PLUGIN_MAGIC_COOKIE"));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(_folder, "args")), Is.EqualTo("cuda-probe\n"));
    }

    [TestCase("kill -SEGV $$", "exit code")]
    [TestCase("""echo '{"error":"no libcuda"}'""", "no libcuda")]
    [TestCase("echo nonsense", "")]
    [TestCase("exit 0", "")]
    public async Task ReadAsync_ChildFails_CostsItsFactsOnly(string script, string reason)
    {
        using var logs = new TestLogs();

        var facts = await ReadAsync(script, logs);

        Assert.That(facts.AddTo(Device), Is.SameAs(Device));
        Assert.That(logs.Named("NoCudaFacts").Single().Message, Does.Contain(reason));
    }

    [Test]
    public async Task ReadAsync_ChildHangs_EndsAtTheLimit()
    {
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script("echo $$ > " + _folder + "/pid; exec sleep 1000") },
            logs.CreateLogger(""), time);

        var reading = probe.AskAsync(0, null, 0, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(10));
        var facts = await reading.DefaultTimeout();

        Assert.That(facts.AddTo(Device), Is.SameAs(Device));
        Assert.That(logs.Named("NoCudaFacts").Single().Message, Does.Contain("10 s"));
    }

    [Test]
    public async Task ReadAsync_NoExecutable_IsNothing()
    {
        using var logs = new TestLogs();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = "/nonexistent" }, logs.CreateLogger(""), TimeProvider.System);

        var facts = await probe.AskAsync(0, null, 0, CancellationToken.None).DefaultTimeout();

        Assert.That(facts.AddTo(Device), Is.SameAs(Device));
        Assert.That(logs.Named("NoCudaFacts").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task ReadAsync_SameDriverLoad_AsksOnce()
    {
        using var logs = new TestLogs();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script($"echo x >> {_folder}/runs; echo '{{}}'") },
            logs.CreateLogger(""), TimeProvider.System);

        await probe.AskAsync(0, "580", 0, CancellationToken.None).DefaultTimeout();
        await probe.AskAsync(0, "580", 0, CancellationToken.None).DefaultTimeout();
        await probe.AskAsync(1, "580", 0, CancellationToken.None).DefaultTimeout();

        Assert.That(await File.ReadAllLinesAsync(Path.Combine(_folder, "runs")), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task ReadAsync_GpusCameBack_AsksAgainAfterAPauseAndServesWhatThereIsMeanwhile()
    {
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script(Answer(132)) }, logs.CreateLogger(""), time);
        var finished = new TaskCompletionSource();
        probe.Finished += finished.SetResult;
        await probe.AskAsync(0, "580", 1, CancellationToken.None).DefaultTimeout();
        Script(Answer(144));

        var soon = await probe.AskAsync(0, "580", 2, CancellationToken.None).DefaultTimeout();
        time.Advance(TimeSpan.FromMinutes(1));
        await probe.AskAsync(0, "580", 2, CancellationToken.None).DefaultTimeout();
        await finished.Task.DefaultTimeout();
        var later = await probe.AskAsync(0, "580", 2, CancellationToken.None).DefaultTimeout();

        Assert.That(soon.AddTo(Device).Facts.SmCount, Is.EqualTo(132), "no child for a GPU that comes and goes");
        Assert.That(later.AddTo(Device).Facts.SmCount, Is.EqualTo(144));
    }

    [Test]
    public async Task ReadAsync_SecondAnswerFails_TheFirstStands()
    {
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script(Answer(132)) }, logs.CreateLogger(""), time);
        var finished = new TaskCompletionSource();
        probe.Finished += finished.SetResult;
        await probe.AskAsync(0, "580", 1, CancellationToken.None).DefaultTimeout();
        Script("""echo '{"error":"cuInit answered 999"}'""");
        time.Advance(TimeSpan.FromMinutes(1));

        await probe.AskAsync(0, "580", 2, CancellationToken.None).DefaultTimeout();
        await finished.Task.DefaultTimeout();
        var facts = await probe.AskAsync(0, "580", 2, CancellationToken.None).DefaultTimeout();

        Assert.That(facts.AddTo(Device).Facts.SmCount, Is.EqualTo(132));
    }

    [Test]
    public void WriteReport_NoLibrary_SaysWhy()
    {
        using var output = new StringWriter();

        CudaDriver.WriteReport("/nonexistent/libcuda.so.1", output);

        Assert.That(output.ToString(), Does.Contain("\"error\"").And.Contain("libcuda.so.1"));
    }

    [TestCase(false, "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f")]
    [TestCase(true, "MIG-00010203-0405-0607-0809-0a0b0c0d0e0f")]
    public void FormatUuid_Bytes_AreWrittenAsNvmlDoes(bool isMig, string expected) =>
        Assert.That(
            CudaDriver.FormatUuid([.. Enumerable.Range(0, 16).Select(i => (byte)i)], isMig), Is.EqualTo(expected));

    [Test]
    public void AddTo_MigInstance_StaysAsItIs()
    {
        var instance = Device with { Mig = new MigInstance("GPU-2", 1, 0, "1g.5gb") };

        Assert.That(new CudaFactTable([new CudaDeviceFacts { Uuid = "GPU-1", SmCount = 14 }]).AddTo(instance),
            Is.SameAs(instance));
    }

    [Test]
    public void AddTo_UnifiedMemory_TakesCudasTotalWhereNvmlHasNone()
    {
        var table = new CudaFactTable(
            [new CudaDeviceFacts { Uuid = "GPU-1", IsIntegrated = true, TotalMemoryMiB = 122570 }]);

        var facts = table.AddTo(Device).Facts;

        Assert.That(facts.MemoryIsUnified, Is.True);
        Assert.That(facts.MemoryMiB, Is.EqualTo(122570));
    }

    private async Task<CudaFactTable> ReadAsync(string script, TestLogs? logs = null)
    {
        using var own = new TestLogs();
        using var probe = new CudaProbe(
            new NvmlOptions { ProbeExecutable = Script(script) }, (logs ?? own).CreateLogger(""), TimeProvider.System);
        return await probe.AskAsync(0, null, 0, CancellationToken.None).DefaultTimeout();
    }

    private string Count => $"echo x >> {_folder}/runs; ";

    private int Runs => File.ReadAllLines(Path.Combine(_folder, "runs")).Length;

    /// <summary>Reads as the backend does: again when a child that was not waited for has ended.</summary>
    private static async Task<CudaFactTable> ReadToTheEndAsync(CudaProbe probe, int loads, int course)
    {
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Finish() => finished.TrySetResult();
        probe.Finished += Finish;
        await probe.AskAsync(loads, "580", course, CancellationToken.None).DefaultTimeout();
        while (probe.IsAsking)
        {
            // The first signal may be that of an earlier child.
            await finished.Task.DefaultTimeout();
            finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        probe.Finished -= Finish;
        return await probe.AskAsync(loads, "580", course, CancellationToken.None).DefaultTimeout();
    }

    private static string Answer(int smCount) => $"echo '{{\"devices\":[{{\"uuid\":\"gpu-1\",\"sm_count\":{smCount}}}]}}'";

    private string Script(string text)
    {
        var path = Path.Combine(_folder, "probe");
        File.WriteAllText(path, "#!/bin/sh\n" + text + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
