// The targets that ./build.sh runs; docs/building.md explains the flavours and what each target needs.
#load "tests/mutation/mutate.cake"
#load "packaging/release.cake"
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

const string Configuration = "Release";
const string Executable = "src/DevicePlugin/DevicePlugin.csproj";

var target = Argument("target", "Build");
var underCi = string.Equals(EnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);
var isLinuxX64 = IsRunningOnLinux() && RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64;
// win-x64 is built on request: nobody has run it yet.
var flavours = new[] { "linux-x64", "linux-x64-compat", "linux-arm64" };
var AllowedWarning = new Regex("warning IL2104: Assembly 'Grpc.AspNetCore.Server.Reflection'");
var withCoverage = HasArgument("coverage");
var results = new List<(int Passed, int Failed, int Skipped)>();
var unsteadyTests = new List<string>();

// What a target needs beyond the .NET SDK: the Debian package, and the command or path that shows it is there.
const string GoCode = "/usr/share/gocode/src";
var compiler = new[] { ("gcc", "cc"), ("libc6-dev", "/usr/include/stdlib.h"), ("binutils", "objcopy") };
var crossCompiler = new[]
{
    ("clang", "clang"), ("lld", "ld.lld"), ("gcc-aarch64-linux-gnu", "aarch64-linux-gnu-objcopy"),
    ("libc6-dev-arm64-cross", "/usr/aarch64-linux-gnu/include/stdlib.h"), ("zlib1g-dev", "/usr/include/zlib.h"),
};
var goTools = new[]
{
    ("protobuf-compiler", "protoc"),
    ("golang-go", "go"),
    ("golang-goprotobuf-dev", "protoc-gen-go"),
    ("golang-google-grpc-dev", $"{GoCode}/google.golang.org/grpc"),
    ("golang-github-hashicorp-go-plugin-dev", $"{GoCode}/github.com/hashicorp/go-plugin"),
    ("golang-github-hashicorp-go-version-dev", $"{GoCode}/github.com/hashicorp/go-version"),
    ("golang-github-hashicorp-hcl-v2-dev", $"{GoCode}/github.com/hashicorp/hcl/v2"),
    ("golang-github-zclconf-go-cty-dev", $"{GoCode}/github.com/zclconf/go-cty"),
};
(string, string)[] mockTools = [.. compiler, ("make", "make"), ("libjansson-dev", "/usr/include/jansson.h")];
var others = new[]
{
    ("tmux", "tmux"), ("chromium", "chromium"), ("shellcheck", "shellcheck"), ("podman", "podman"), ("runc", "runc"),
    ("busybox-static", "busybox"), ("qemu-user-static", "qemu-aarch64-static"), ("gpg", "gpg"),
};
(string, string)[] testTools = [.. mockTools, .. crossCompiler, .. goTools, .. packageTools, .. others];

void Run(string command, string arguments)
{
    var exitCode = StartProcess(command, arguments);
    if (exitCode != 0)
    {
        throw new CakeException(exitCode, $"'{command} {arguments}' ended with exit code {exitCode}.");
    }
}

bool IsPresent(string proof) => proof.StartsWith('/')
    ? System.IO.Directory.Exists(proof) || System.IO.File.Exists(proof)
    : EnvironmentVariable("PATH").Split(System.IO.Path.PathSeparator)
        .Any(folder => System.IO.File.Exists(System.IO.Path.Combine(folder, proof)));

string Missing((string Package, string Proof)[] tools) =>
    string.Join(' ', tools.Where(tool => !IsPresent(tool.Proof)).Select(tool => tool.Package));

void Provide((string Package, string Proof)[] tools)
{
    if (Missing(tools) != "" && IsPresent("/etc/debian_version") && Environment.UserName == "root")
    {
        StartProcess("apt-get", "update -qq");
        StartProcess("apt-get", $"install -y -qq --no-install-recommends {Missing(tools)}");
    }

    if (Missing(tools) != "")
    {
        Warning("Missing; on Debian: apt-get install {0}", Missing(tools));
    }
}

void Publish(string flavour, string root = "artifacts", string more = "")
{
    var rid = flavour.Replace("-compat", "");
    var staging = $"{root}/staging/{flavour}";
    foreach (var output in new[] { "staging", "publish", "symbols" })
    {
        CleanDirectory($"{root}/{output}/{flavour}");
    }

    Run("dotnet", $"publish {Executable} -c {Configuration} -r {rid} -p:PublishAot={flavour is "linux-x64" or "linux-arm64"} {more} " +
        $"-o {staging} --nologo -v minimal -flp:warningsonly;logfile={staging}.warnings");
    var warnings = System.IO.File.ReadLines($"{staging}.warnings");
    var surprise = warnings.FirstOrDefault(line => !AllowedWarning.IsMatch(line));
    if (surprise is not null)
    {
        throw new CakeException($"docs/building.md does not allow this warning: {surprise}");
    }

    CopyFiles($"{staging}/nomad-device-gpu{(rid.StartsWith("win") ? ".exe" : "")}", $"{root}/publish/{flavour}");
    CopyFiles($"{staging}/*.{{dbg,pdb}}", $"{root}/symbols/{flavour}");
    // For the bill of materials; the next flavour's takes its place.
    CopyFile($"{(more == "" ? "src/DevicePlugin/obj" : $"{root}/dotnet/obj/DevicePlugin")}/project.assets.json", $"{staging}.assets.json");
}

(int ExitCode, XDocument Report) RunTests(FilePath project, string name, string choice)
{
    var report = MakeAbsolute(File($"artifacts/test-results/{name}.trx"));
    var exitCode = StartProcess("dotnet", $"test {project} -c {Configuration} --no-build --nologo " +
        $"--logger trx;LogFileName={report} --results-directory {report.GetDirectory()} " +
        $"--blame-hang-timeout 5m --blame-hang-dump-type none {(withCoverage ? "--collect \"XPlat Code Coverage\" " : "")}{choice}");
    return (exitCode, FileExists(report) ? XDocument.Load(report.FullPath) : new XDocument());
}

// Publishing needs the processors, and the tests mostly wait, so both go on at once. The functional tests start the executable of the
// first flavour, and the conformance tests look at all of them.
var projects = new[] { "UnitTests", "FunctionalTests", "ConformanceTests" };
System.Threading.Tasks.Task firstFlavour;
System.Threading.Tasks.Task otherFlavours;

// The others take minutes more: a laptop tests those that were published before.
List<string> TestedFlavours() =>
    [.. (underCi ? flavours : flavours[..1]).Where(flavour => flavour != "linux-arm64" || Missing(crossCompiler) == "")];

void StartPublishing()
{
    var wanted = isLinuxX64 && Missing(compiler) == "" ? TestedFlavours() : [];
    firstFlavour = System.Threading.Tasks.Task.Run(() => wanted.Take(1).ToList().ForEach(flavour => Publish(flavour)));
    otherFlavours = System.Threading.Tasks.Task.Run(async () =>
    {
        await firstFlavour;
        wanted.Skip(1).ToList().ForEach(flavour => Publish(flavour));
        if (wanted.Count > 0 && Missing(packageTools) == "")
        {
            WriteTestedPackages();
        }
    });
}

void AwaitPublished(string name)
{
    if (!name.EndsWith("UnitTests"))
    {
        (name.EndsWith("FunctionalTests") ? firstFlavour : otherFlavours).GetAwaiter().GetResult();
    }
}

void Count(FilePath project)
{
    var name = project.GetFilenameWithoutExtension().ToString();
    AwaitPublished(name);
    var choice = HasArgument("filter")
        ? $"--filter \"{Argument<string>("filter")}\""
        : "-- RunConfiguration.TreatNoTestsAsError=true";
    var (exitCode, report) = RunTests(project, name, choice);
    var counters = report.Descendants().FirstOrDefault(element => element.Name.LocalName == "Counters");
    int Of(string outcome) => (int?)counters?.Attribute(outcome) ?? 0;
    // A run that crashed or hung may leave a report in which every finished test has passed.
    var failed = exitCode != 0 ? Math.Max(1, Of("executed") - Of("passed")) : 0;
    var unsteady = failed > 0 && underCi && !HasArgument("repeat") ? PassWhenRunAgain(project, name, report, Of("executed") - Of("passed")) : 0;
    results.Add((Of("passed") + unsteady, failed - unsteady, Of("total") - Of("executed")));
}

// On a shared machine a test that waits for a process can be late. In CI a few failed tests run once more, alone; those that
// pass then do not stop a change that has nothing to do with them, but each is named in the output, and is a bug to fix.
int PassWhenRunAgain(FilePath project, string name, XDocument report, int failed)
{
    IEnumerable<XElement> All(string element) => report.Descendants().Where(found => found.Name.LocalName == element);
    var ids = All("UnitTestResult").Where(result => (string)result.Attribute("outcome") == "Failed")
        .Select(result => (string)result.Attribute("testId")).ToList();
    var methods = All("UnitTest").Where(test => ids.Contains((string)test.Attribute("id")))
        .Select(test => test.Elements().Single(element => element.Name.LocalName == "TestMethod"))
        .Select(method => $"{method.Attribute("className").Value}.{method.Attribute("name").Value.Split('(')[0]}")
        .Distinct().ToList();
    if (ids.Count != failed || methods.Count is 0 or > 5 ||
        RunTests(project, $"{name}.again", $"--filter \"{string.Join('|', methods.Select(method => $"FullyQualifiedName~{method}"))}\"").ExitCode != 0)
    {
        return 0;
    }

    unsteadyTests.AddRange(methods);
    return failed;
}

// The plugin processes that tests start from their own folder are instrumented as the libraries there are; what is published as
// native code is not, nor does a process that is killed report.
void ReportCoverage()
{
    Run("dotnet", "reportgenerator -reports:artifacts/test-results/*/coverage.cobertura.xml -targetdir:artifacts/coverage " +
        "-reporttypes:Html;TextSummary");
    // The totals; the classes are in the pages beside it.
    Information(string.Join('\n', System.IO.File.ReadLines("artifacts/coverage/Summary.txt").TakeWhile(line => line != "")));
}

Task("Clean").Does(() => CleanDirectories("{artifacts,{src,tests,bench}/*/{bin,obj}}"));

Task("Build").Does(() => Run("dotnet", $"build DevicePlugin.sln -c {Configuration} --nologo -v minimal"));

Task("Demo").Does(() =>
{
    Run("dotnet", $"build {Executable} -c {Configuration} --nologo -v quiet");
    Run("src/DevicePlugin/bin/Release/net10.0/nomad-device-gpu", "host --scenario dgx-h100 --samples 3");
});

Task("Publish")
    .Does(() => Provide([.. compiler, .. crossCompiler]))
    .DoesForEach(HasArgument("flavour") ? Argument<string>("flavour").Split(',') : flavours, flavour => Publish(flavour));

Task("Go").WithCriteria(() => Missing(goTools) == "").Does(() => Run("bash", "tests/go/build.sh"));

Task("HwMocks").WithCriteria(() => IsRunningOnLinux() && Missing(mockTools) == "").Does(() => Run("make", "-C hwmocks"));

// What the tests run as tasks with a reservation.
Task("TaskPrograms").WithCriteria(() => IsRunningOnLinux() && Missing(mockTools) == "").Does(() => Run("make", "-C tests/c"));

// What runs the arm64 executable on x86-64: libraries of the emulated system, and the mocks. Where apt reaches no mirror, only the
// tests that need them fail.
Task("Arm64").WithCriteria(() => isLinuxX64 && Missing([.. mockTools, .. crossCompiler]) == "").ContinueOnError()
    .Does(() => Run("bash", "tests/arm64/build.sh"));

Task("TestTools").Does(() => Provide(testTools));

Task("TestedFlavours").WithCriteria(() => isLinuxX64 && Missing(compiler) == "")
    .DoesForEach(() => TestedFlavours(), flavour => Publish(flavour));

Task("Test")
    .IsDependentOn("TestTools").IsDependentOn("Build")
    .IsDependentOn("Go").IsDependentOn("HwMocks").IsDependentOn("Arm64").IsDependentOn("TaskPrograms")
    .Does(() =>
    {
        CleanDirectory("artifacts/test-results");
        Environment.SetEnvironmentVariable("TEST_BUILT_EXECUTABLE", withCoverage ? "1" : null);
        StartPublishing();
    })
    .DoesForEach(
        () => Enumerable.Range(0, Argument("repeat", 1)).SelectMany(_ => projects)
            .Select(project => File($"tests/DevicePlugin.{project}/DevicePlugin.{project}.csproj").Path),
        (Action<FilePath>)Count);

Task("Bench")
    .IsDependentOn("TestTools").IsDependentOn("TestedFlavours").IsDependentOn("Go").IsDependentOn("HwMocks")
    .Does(() => Run("dotnet", $"run -c {Configuration} --project bench/DevicePlugin.Benchmarks -- " +
        string.Join(' ', new[] { "peer", "part", "minutes", "seed" }.Where(HasArgument)
            .Select(option => $"--{option} \"{Argument<string>(option)}\""))));

// Each harness for its part of the time, one after the other, from a new seed that it prints.
Task("Fuzz").IsDependentOn("TestTools").IsDependentOn("Build").Does(() =>
{
    var harnesses = GetFiles("tests/*Tests/Fuzz/*.cs")
        .Sum(file => Regex.Matches(System.IO.File.ReadAllText(file.FullPath), @"new FuzzRun\(").Count);
    var seconds = Math.Max(1, (int)(Argument("minutes", 10.0) * 60 / harnesses));
    Environment.SetEnvironmentVariable("FUZZ_SECONDS", seconds.ToString());
    Information("{0} harnesses, {1} s each", harnesses, seconds);
    foreach (var project in GetFiles("tests/*Tests/Fuzz/*.cs").Select(file => file.GetDirectory().Combine("..").Collapse().FullPath).Distinct())
    {
        Run("dotnet", $"test {project} -c {Configuration} --no-build --nologo --filter FullyQualifiedName~.Fuzz. " +
            "--logger console;verbosity=detailed");
    }
});

// The build itself fails for style (EnforceCodeStyleInBuild); it does not look at whitespace.
Task("Lint")
    .Does(() => Run("dotnet", "format whitespace . --folder --verify-no-changes --include src/ tests/ bench/ --exclude **/obj/** **/bin/**"))
    .DoesForEach(() => GetFiles("{tests,hwmocks,bench,examples}/**/*.sh") + GetFiles("{build.sh,.ci/run}"),
        script => Run("bash", $"-n {script}"));

RunTarget(target);

// Last, after Cake's own summary: the line that CI reads.
if (results.Count > 0)
{
    if (withCoverage)
    {
        ReportCoverage();
    }

    var (passed, failed) = (results.Sum(run => run.Passed), results.Sum(run => run.Failed));
    var skipped = results.Sum(run => run.Skipped);
    unsteadyTests.ForEach(test => Console.WriteLine($"FLAKY: {test} failed, and passed when it was run again"));
    Console.WriteLine($"{passed} passed, {failed} failed{(skipped > 0 ? $", {skipped} skipped" : "")}");
    Environment.Exit(failed > 0 ? 1 : 0);
}
