using System.CommandLine;
using DevicePlugin.Benchmarks;
using DevicePlugin.Benchmarks.Hardware;
using DevicePlugin.Benchmarks.Health;
using DevicePlugin.Benchmarks.Reservations;
using DevicePlugin.Benchmarks.Sharing;

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
part.AcceptOnlyFromAmong("all", "launch", "hardware", "health", "reservations", "sharing");

var command = new RootCommand("Compares our device plugin with another one in one run, as Nomad would use both.")
{
    plugin, pluginConfig, peer, peerConfig, runs, seconds, part,
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
    var exitCode = 0;
    if (measured is "all" or "launch")
    {
        exitCode = await Benchmark.RunAsync(ours, other, host, arguments.GetRequiredValue(runs), time, cancellationToken);
    }

    if (exitCode == 0 && measured is ("all" or "hardware"))
    {
        exitCode = await HardwareBenchmark.RunAsync(
            hasPeer ? [onHardware, other] : [onHardware], repository, time, cancellationToken);
    }

    if (exitCode == 0 && measured is ("all" or "health"))
    {
        exitCode = await HealthBenchmark.RunAsync(ours, repository, time, cancellationToken);
    }

    if (exitCode == 0 && measured is ("all" or "reservations"))
    {
        exitCode = await ReservationBenchmark.RunAsync(onHardware, repository, cancellationToken);
    }

    if (exitCode == 0 && measured is ("all" or "sharing"))
    {
        exitCode = await SharingBenchmark.RunAsync(ours.Executable, repository, cancellationToken);
    }

    return exitCode;
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
