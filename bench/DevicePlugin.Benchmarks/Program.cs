using System.CommandLine;
using DevicePlugin.Benchmarks;
using DevicePlugin.Benchmarks.Hardware;
using DevicePlugin.Benchmarks.Health;
using DevicePlugin.Benchmarks.Metrics;
using DevicePlugin.Benchmarks.Reservations;
using DevicePlugin.Benchmarks.Sharing;
using DevicePlugin.Benchmarks.Soak;

var repository = FindRepository();
var plugin = new Option<FileInfo>("--plugin")
{
    Description = "Our executable.",
    DefaultValueFactory = _ => new FileInfo(
        Path.Combine(repository, "artifacts", "publish", "linux-x64", "nomad-device-gpu")),
};
var pluginConfig = new Option<string?>("--plugin-config")
{
    Description = "Its config block in HCL for the launches; by default the fake backend, NVML beside a named peer.",
};
var peer = new Option<FileInfo>("--peer")
{
    Description = "The executable to compare it with; one that is named here also runs on the mock's node.",
    DefaultValueFactory = _ => new FileInfo(Path.Combine(repository, "artifacts", "go", "plugin")),
};
var peerConfig = new Option<string>("--peer-config")
{
    Description = "The peer's config block in HCL.",
    DefaultValueFactory = _ => "",
};
var runs = new Option<int>("--runs") { Description = "Launches of each.", DefaultValueFactory = _ => 20 };
var seconds = new Option<int>("--seconds")
{
    Description = "How long statistics are read every second before the memory is.",
    DefaultValueFactory = _ => 60,
};

var part = new Option<string>("--part")
{
    Description = "What to measure.",
    DefaultValueFactory = _ => "all",
};
part.AcceptOnlyFromAmong(
    "all", "launch", "hardware", "health", "reservations", "sharing", "metrics", "doctor", "soak");
var minutes = new Option<int>("--minutes") { Description = "How long the soak takes.", DefaultValueFactory = _ => 30 };
var seed = new Option<int>("--seed")
{
    Description = "Decides what happens in the soak; by default another one each time.",
    DefaultValueFactory = _ => Random.Shared.Next(),
};

var command = new RootCommand("Compares our device plugin with another one in one run, as Nomad would use both.")
{
    plugin, pluginConfig, peer, peerConfig, runs, seconds, part, minutes, seed,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    var hasPeer = arguments.GetResult(peer) is { Implicit: false };
    var measured = arguments.GetRequiredValue(part);
    var time = TimeSpan.FromSeconds(arguments.GetRequiredValue(seconds));

    // A named peer may read hardware, and then so do we: both find the mock's.
    var mocks = Path.Combine(repository, "artifacts", "hwmocks");
    var scenario = Path.Combine(repository, "hwmocks", "scenarios", "dgx-h100.json");
    var environment = MockEnvironment.For(mocks, scenario, calls: "");
    var configuration = arguments.GetValue(pluginConfig) ?? (hasPeer ? "" : "backend = \"fake\"");
    var ours = new Contender(arguments.GetRequiredValue(plugin), configuration, environment);
    var other = new Contender(
        arguments.GetRequiredValue(peer), arguments.GetRequiredValue(peerConfig), environment);
    var onHardware = ours with { Configuration = "" };
    var host = Path.Combine(repository, "artifacts", "go", "host");
    var launches = arguments.GetRequiredValue(runs);
    if (measured == "soak")
    {
        return await SoakBenchmark.RunAsync(
            ours, repository, arguments.GetRequiredValue(minutes), arguments.GetRequiredValue(seed), cancellationToken);
    }

    foreach (var (name, run) in new (string, Func<Task<int>>)[]
    {
        ("launch", () => Benchmark.RunAsync(ours, other, host, launches, time, cancellationToken)),
        ("hardware", () => HardwareBenchmark.RunAsync(
            hasPeer ? [onHardware, other] : [onHardware], repository, time, cancellationToken)),
        ("health", () => HealthBenchmark.RunAsync(ours, repository, time, cancellationToken)),
        ("reservations", () => ReservationBenchmark.RunAsync(onHardware, repository, cancellationToken)),
        ("sharing", () => SharingBenchmark.RunAsync(ours.Executable, repository, cancellationToken)),
        ("metrics", () => MetricsBenchmark.RunAsync(ours, host, time, cancellationToken)),
        ("doctor", () => DoctorBenchmark.RunAsync(ours, launches, cancellationToken)),
    })
    {
        if (measured == "all" || measured == name)
        {
            var exitCode = await run();
            if (exitCode != 0)
            {
                return exitCode;
            }
        }
    }

    return 0;
});

// Started by the benchmark itself.
var library = new Argument<string>("library");
var probe = new Command("probe") { library };
probe.Hidden = true;
probe.SetAction((arguments, cancellationToken) =>
    ProbeMeasurement.RunAsync(arguments.GetRequiredValue(library), cancellationToken));
command.Subcommands.Add(probe);
return await command.Parse(args).InvokeAsync();

static string FindRepository()
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DevicePlugin.sln")))
    {
        folder = folder.Parent;
    }

    return folder?.FullName
        ?? throw new DirectoryNotFoundException($"No DevicePlugin.sln above '{AppContext.BaseDirectory}'.");
}
