// ./build.sh mutate: Stryker.NET changes the code at one place at a time and runs the unit tests. A change that no test notices is
// a survivor. CONTRIBUTING.md says how to use it.
using System.Text.Json;
using System.Text.Json.Nodes;

const string EquivalentMutants = "tests/mutation/equivalent.tsv";

// Stryker's own names. Its filter drops the removal of a block that has other mutants in it; a second run, of nothing but removals,
// tests those.
string[] AllButBlocks =
[
    "arithmetic", "boolean", "equality", "logical", "assignment", "unary", "update", "checked", "linq", "string", "bitwise",
    "initializer", "regex", "nullcoalescing", "math", "stringmethod", "conditional", "statement", "collectionexpression",
];

record Mutant(string Folder, string Place, string Line, string Name, string Replacement, string Status);

string[] FoldersOf(string source) => HasArgument("folder")
    ? Argument<string>("folder").Split(',')
    : [.. GetSubDirectories(source).Select(folder => folder.GetDirectoryName()).Where(name => name is not ("bin" or "obj")).Order()];

// Returns the report, which Stryker puts into a folder of its own.
FilePath RunStryker(string project, string[] folders, bool onlyBlocks)
{
    var output = MakeAbsolute(Directory($"artifacts/mutation/{project}{(onlyBlocks ? "-blocks" : "")}"));
    CleanDirectory(output);
    var settings = new JsonObject
    {
        ["project"] = $"DevicePlugin.{project}.csproj",
        ["test-projects"] = new JsonArray("../../tests/DevicePlugin.UnitTests/DevicePlugin.UnitTests.csproj"),
        ["configuration"] = Configuration,
        ["mutation-level"] = "Complete",
        ["mutate"] = new JsonArray([.. folders.Select(folder => JsonValue.Create($"{folder}/**/*.cs"))]),
        ["reporters"] = new JsonArray("Json", "Progress"),
        ["concurrency"] = Argument("concurrency", 2),
        ["ignore-mutations"] = new JsonArray([.. (onlyBlocks ? AllButBlocks : []).Select(name => JsonValue.Create(name))]),
    };
    if (HasArgument("filter"))
    {
        settings["test-case-filter"] = Argument<string>("filter");
    }

    var file = output.CombineWithFilePath("stryker-config.json");
    System.IO.File.WriteAllText(file.FullPath, new JsonObject { ["stryker-config"] = settings }.ToJsonString());
    var exitCode = StartProcess("dotnet", new ProcessSettings
    {
        Arguments = $"stryker --config-file {file} --output {output} --skip-version-check",
        WorkingDirectory = $"src/DevicePlugin.{project}",
        // The first two are properties of the build that Stryker makes: the analyzers take half of its time. A test host
        // on a busy machine may need more than 90 s to start, and "dotnet --info" more than 10 s.
        EnvironmentVariables = new Dictionary<string, string>
        {
            ["RunAnalyzers"] = "false", ["EnforceCodeStyleInBuild"] = "false",
            ["VSTEST_CONNECTION_TIMEOUT"] = "400", ["DOTNET_INFO_WAIT_TIME"] = "60000",
        },
    });
    var report = output.CombineWithFilePath("reports/mutation-report.json");
    return exitCode == 0 && FileExists(report) ? report : throw new CakeException($"Stryker ended with exit code {exitCode}.");
}

List<Mutant> ReadMutants(FilePath report, string[] folders)
{
    var mutants = new List<Mutant>();
    foreach (var (path, file) in JsonNode.Parse(System.IO.File.ReadAllText(report.FullPath))["files"].AsObject())
    {
        var folder = folders.FirstOrDefault(folder => path.Replace('\\', '/').Contains($"{folder}/"));
        var lines = file["source"].GetValue<string>().Split('\n');
        foreach (var mutant in folder is null ? [] : file["mutants"].AsArray())
        {
            var (start, end) = (mutant["location"]["start"], mutant["location"]["end"]);
            var line = start["line"].GetValue<int>();
            var place = $"{System.IO.Path.GetFileName(path)}:{line}:{start["column"]}-{end["line"]}:{end["column"]}";
            mutants.Add(new Mutant(
                folder, $"{folder}/{place}", lines[line - 1].Trim(), (string)mutant["mutatorName"],
                ((string)mutant["replacement"] ?? "").ReplaceLineEndings(" "), (string)mutant["status"]));
        }
    }

    return mutants;
}

string Row(string folder, IReadOnlyCollection<Mutant> mutants)
{
    int Count(string status) => mutants.Count(mutant => mutant.Status == status);
    var (killed, timeout) = (Count("Killed"), Count("Timeout"));
    var total = mutants.Count - Count("CompileError");
    var score = total == 0 ? "-" : (100.0 * (killed + timeout) / total).ToString("F1");
    return $"{folder,-24}{killed,8}{timeout,9}{Count("Survived"),10}{Count("NoCoverage"),13}{Count("Ignored"),9}{score,9}";
}

void Mutate(string project)
{
    var folders = FoldersOf($"src/DevicePlugin.{project}").Where(folder => DirectoryExists($"src/DevicePlugin.{project}/{folder}")).ToArray();
    if (folders.Length == 0)
    {
        return;
    }

    var mutants = ReadMutants(RunStryker(project, folders, onlyBlocks: false), folders);
    if (mutants.Any(mutant => mutant.Status == "Ignored"))
    {
        var blocks = ReadMutants(RunStryker(project, folders, onlyBlocks: true), folders)
            .Where(mutant => mutant.Status != "Ignored").ToLookup(mutant => (mutant.Place, mutant.Name));
        mutants = [.. mutants.Select(mutant =>
            mutant.Status == "Ignored" ? blocks[(mutant.Place, mutant.Name)].FirstOrDefault() ?? mutant : mutant)];
    }

    var reasons = System.IO.File.ReadLines(EquivalentMutants).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'))
        .ToLookup(cells => (cells[0], cells[1], cells[2]), cells => cells[3]);
    foreach (var mutant in mutants.Where(mutant => mutant.Status is "Survived" or "NoCoverage" or "Ignored"))
    {
        var file = mutant.Place[..mutant.Place.IndexOf(':')];
        Console.WriteLine($"{mutant.Status}: {project}/{mutant.Place} {mutant.Name}");
        Console.WriteLine($"    {mutant.Line}");
        Console.WriteLine($"    -> {(mutant.Replacement.Length > 150 ? mutant.Replacement[..150] + "..." : mutant.Replacement)}");
        foreach (var reason in reasons[($"{project}/{file}", mutant.Line, mutant.Replacement)])
        {
            Console.WriteLine($"    equivalent: {reason}");
        }
    }

    Console.WriteLine($"{project,-24}{"killed",8}{"timeout",9}{"survived",10}{"no coverage",13}{"ignored",9}{"score %",9}");
    foreach (var folder in mutants.GroupBy(mutant => mutant.Folder).OrderBy(group => group.Key))
    {
        Console.WriteLine(Row(folder.Key, [.. folder]));
    }

    Console.WriteLine(Row("all of them", mutants));
}

Task("Mutate").DoesForEach(
    HasArgument("project") ? [Argument<string>("project")] : new[] { "Gpu", "Nomad", "Hardware" }, Mutate);
