using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.TimeSlicing;
using DevicePlugin.Metrics.Allocations;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.Files;

/// <summary>A pipe, a device, a huge file or a link where a file is expected: no reader or writer hangs, reads it all, or throws.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
internal sealed class HostileFileTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);

    // Null when the reader took nothing from the file.
    private static readonly Dictionary<string, Func<string, ILogger, object?>> Readers = new()
    {
        ["health.json"] = (path, logger) => new HealthFile(path, "boot", logger).Load().IsEmpty ? null : "causes",
        ["health.json of a command"] = (path, logger) =>
            new HealthFile(path, "boot", logger).Peek(out _).IsEmpty ? null : "causes",
        ["gpus.json"] = (path, logger) => new KnownGpuFile(path, logger).Load().Devices.IsEmpty ? null : "devices",
        ["cordons.json"] = (path, logger) => new CordonFile(path, logger).Load().Cordons.IsEmpty ? null : "cordons",
        ["mps.json"] = (path, logger) =>
            new MpsFile(Path.GetDirectoryName(path)!, "boot", logger).Records is { Length: > 0 } ? "daemons" : null,
        ["cdi.json"] = (path, logger) => new CdiChoiceFile(path, logger).Load(),
        ["time-slices"] = (path, logger) => new TimeSliceFile(path, "boot", logger).Load() is { Count: > 0 } ? "gpus" : null,
        ["former/health.json"] = (path, logger) => TakeOver(path, logger),
        ["maintenance"] = (path, logger) =>
            new MaintenanceFile(path, null, logger).Read()?.Reason is { } reason
            && reason.Contains(Hostilities.Secret, StringComparison.Ordinal) ? reason : null,
        ["access"] = (path, _) => CapabilityFile.ReadMinor(path),
        ["boot_id"] = (path, _) =>
            TextFile.TryRead(path) is { Length: > 0 } text && !text.Contains(Hostilities.Secret, StringComparison.Ordinal)
            && text.Length > 10_000 ? text : null,
        ["spec.json"] = (path, _) => CdiSpecReader.Read(path, out var _).Names.IsEmpty ? null : "names",
        ["nomad-device-gpu.json"] = (path, logger) => new CdiSpecFile(Path.GetDirectoryName(path)!, logger).ReadKind(),
        ["libcuda.so.1"] = (path, _) => ElfLibrary.Read(path, out var _) is LibraryKind.Ours ? "a library" : null,
        ["scenario.json"] = (path, _) => ReadScenario(path),
        ["token"] = (path, _) => ReadToken(path),
    };

    private readonly TestLogs _logs = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("hf").FullName;

    private static IEnumerable<TestCaseData> Cases =>
        from reader in Readers.Keys
        from hostility in Enum.GetValues<Hostility>()
        select new TestCaseData(reader, hostility);

    // True when the file was replaced and can be read again.
    private static readonly Dictionary<string, Func<string, ILogger, bool>> Writers = new()
    {
        ["health.json"] = (path, logger) =>
        {
            var file = new HealthFile(path, "boot", logger);
            return file.Save(HealthMemory.Empty with { Clears = [new RememberedClear("GPU-1", new KernelLogPosition("boot", 1))] })
                && file.Load().Clears.Length == 1;
        },
        ["cordons.json"] = (path, logger) =>
        {
            var file = new CordonFile(path, logger);
            return file.Save(new CordonRecord([new Cordon("GPU-1", "RMA", "root", Now)])) is null && file.Load().Cordons.Length == 1;
        },
        ["cdi.json"] = (path, logger) =>
        {
            var file = new CdiChoiceFile(path, logger);
            file.Save(new CdiChoice("nvidia.com/gpu", "/run/cdi"));
            return file.IsKept && file.Load() is not null;
        },
        ["time-slices"] = (path, logger) =>
        {
            var file = new TimeSliceFile(path, "boot", logger);
            file.Save(["GPU-1"]);
            return file.IsKept && file.Load().Count == 1;
        },
    };

    private static IEnumerable<TestCaseData> WriterCases =>
        from writer in Writers.Keys
        from hostility in Enum.GetValues<Hostility>()
        from suffix in (string[])["", ".new"]
        select new TestCaseData(writer, hostility, suffix);

    [SetUp]
    public void SetUp() => _logs.ExpectErrors(entry => entry.EventId.Name == "CordonsNotRead");

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCaseSource(nameof(Cases))]
    public void Read_IsNeitherWaitedForNorBelieved(string reader, Hostility hostility)
    {
        var path = Path.Combine(_folder, reader.Split(' ')[0]);
        hostility.Put(path);

        var allocated = GC.GetTotalAllocatedBytes();
        var found = Hostilities.WithinReason(() => Readers[reader](path, _logs.CreateLogger("files")));

        Assert.That(found, Is.Null);
        Assert.That(_logs.Entries, Has.Count.LessThanOrEqualTo(1), "one line says what is wrong");
        Assert.That(GC.GetTotalAllocatedBytes() - allocated, Is.LessThan(200L << 20));
    }

    [TestCase("health.json")]
    [TestCase("gpus.json")]
    [TestCase("cordons.json")]
    [TestCase("mps.json")]
    [TestCase("cdi.json")]
    [TestCase("time-slices")]
    public void Read_DanglingLink_IsNotTheSameAsNoFile(string reader)
    {
        var path = Path.Combine(_folder, reader);
        Readers[reader](path, _logs.CreateLogger("files"));
        Assert.That(_logs.Entries, Is.Empty);

        Hostility.DanglingLink.Put(path);
        Readers[reader](path, _logs.CreateLogger("files"));

        Assert.That(_logs.Entries.Single().Message, Does.Contain("it is a link to ").And.Contain("which cannot be reached"));
    }

    [TestCaseSource(nameof(WriterCases))]
    public void Write_ReplacesItAndWritesThroughNothing(string writer, Hostility hostility, string suffix)
    {
        var path = Path.Combine(_folder, writer);
        hostility.Put(path + suffix);

        var isKept = Hostilities.WithinReason(() => Writers[writer](path, _logs.CreateLogger("files")));

        // A folder that is not empty is not deleted: the failure is logged, and the write is retried.
        Assert.That(isKept, Is.EqualTo(hostility != Hostility.Folder));
        if (hostility == Hostility.Link)
        {
            Assert.That(File.ReadAllText(Hostilities.TargetOf(path + suffix)), Is.EqualTo(Hostilities.Secret));
        }
    }

    [Test]
    public void Read_OfTheKernelsFiles_WhichSayThatTheyAreEmpty_IsWhole() =>
        Assert.That(PlainFile.ReadText("/proc/self/status", 1 << 20), Does.StartWith("Name:").And.Contain("Threads:"));

    [TestCase(0)]
    [TestCase(4095)]
    [TestCase(4096)]
    [TestCase(100_000)]
    public void Read_UpToTheLimit_IsWholeAndOneByteMoreIsRefused(int length)
    {
        var path = Path.Combine(_folder, "file");
        var bytes = new byte[length + 1];
        Random.Shared.NextBytes(bytes);
        File.WriteAllBytes(path, bytes[..length]);
        Assert.That(PlainFile.Read(path, length), Is.EqualTo(bytes[..length]));

        File.WriteAllBytes(path, bytes);
        Assert.That(() => PlainFile.Read(path, length), Throws.TypeOf<IOException>().With.Message.Contains($"more than {length} bytes"));
        Assert.That(PlainFile.ReadStart(path, length, out var isWhole), Is.EqualTo(bytes[..length]));
        Assert.That(isWhole, Is.False);
    }

    private static string? TakeOver(string path, ILogger logger)
    {
        var to = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(path))!, "now");
        FormerState.TakeOver(Path.GetFileName(path), Path.GetDirectoryName(path)!, to, logger);
        var taken = Path.Combine(to, Path.GetFileName(path));
        return File.Exists(taken) && File.ReadAllText(taken) == Hostilities.Secret ? "a file that a link chose" : null;
    }

    private static Scenario? ReadScenario(string path)
    {
        try
        {
            return ScenarioLibrary.Open(path);
        }
        catch (ScenarioException)
        {
            return null;
        }
    }

    private static string? ReadToken(string path)
    {
        try
        {
            return new NomadToken(path).Read() is { } token && token != Hostilities.Secret ? token : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
