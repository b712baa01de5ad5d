using System.CommandLine;
using DevicePlugin.Benchmarks;

var repository = FindRepository();
var plugin = new Option<FileInfo>("--plugin")
{
    Description = "Our executable.",
    DefaultValueFactory = _ => new FileInfo(
        Path.Combine(repository, "artifacts", "publish", "linux-x64", "nomad-device-gpu")),
};
var pluginConfig = new Option<string>("--plugin-config")
{
    Description = "Its config block in HCL.",
    DefaultValueFactory = _ => "backend = \"fake\"",
};
var peer = new Option<FileInfo>("--peer")
{
    Description = "The executable to compare it with.",
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

var command = new RootCommand("Compares our device plugin with another one in one run, as Nomad would use both.")
{
    plugin, pluginConfig, peer, peerConfig, runs, seconds,
};
command.SetAction((arguments, cancellationToken) => Benchmark.RunAsync(
    new Contender(arguments.GetRequiredValue(plugin), arguments.GetRequiredValue(pluginConfig)),
    new Contender(arguments.GetRequiredValue(peer), arguments.GetRequiredValue(peerConfig)),
    Path.Combine(repository, "artifacts", "go", "host"),
    arguments.GetRequiredValue(runs),
    TimeSpan.FromSeconds(arguments.GetRequiredValue(seconds)),
    cancellationToken));
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
