using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using DevicePlugin.Comparison;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.FunctionalTests.RealData;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Doctor;

/// <summary>The executable's comparison with nvidia-smi: a stand-in prints recorded outputs, hwmocks is the driver.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class NvidiaSmiTests
{
    private const string Option = "--compare-with-nvidia-smi";
    private const string MigAddress = "00000000:BD:00.0";

    private RootFolder _root = null!;

    [SetUp]
    public void SetUp() => _root = new RootFolder();

    [TearDown]
    public void TearDown() => _root?.Dispose();

    [TestCase("h100", "dgx-h100", 8)]
    [TestCase("a100", "a100", 1)]
    [TestCase("l40s", "l40s", 1)]
    [TestCase("t4", "t4", 1)]
    [TestCase("gb200", "gb200", 4)]
    public async Task RecordedNode_HasNoDifference(string capture, string scenario, int gpus)
    {
        Prints(SmiCaptures.PathOf(capture));

        using var report = await CompareAsync(scenario);

        var comparison = report.RootElement.GetProperty("nvidia_smi");
        Assert.That(comparison.GetProperty("differences").ToString(), Is.EqualTo("[]"));
        Assert.That(comparison.GetProperty("gpus").GetInt32(), Is.EqualTo(gpus));
        Assert.That(comparison.GetProperty("values").GetInt32(), Is.GreaterThan(50 * gpus));
        Assert.That(StatusOf(report), Is.EqualTo("pass"));
    }

    [TestCase("<total>81559 MiB</total>", "<total>40959 MiB</total>", "fb_memory_usage/total", "40959 MiB", "81559", false)]
    [TestCase("<vbios_version>", "<vbios_version>X", "vbios_version", "X", null, false)]
    [TestCase("<gpu_temp>", "<gpu_temp>9", "temperature/gpu_temp", "9", null, true)]
    [TestCase("<remapped_row_pending>No<", "<remapped_row_pending>Yes<", "remapped_rows/remapped_row_pending", "Yes", "false", false)]
    [TestCase("<gpu_recovery_action>None<", "<gpu_recovery_action>GPU Reset<", "gpu_recovery_action", "GPU Reset", "healthy", false)]
    [TestCase("<sm_clock>1980 MHz<", "<sm_clock>N/A<", "max_clocks/sm_clock", "N/A", "1980", false)]
    public async Task Difference_IsInTheTable_WithBothAnswers(
        string printed, string instead, string field, string smi, string? plugin, bool moves)
    {
        var text = await File.ReadAllTextAsync(SmiCaptures.PathOf("h100"));
        Assert.That(text, Does.Contain(printed));
        Prints(Write(text.Replace(printed, instead, StringComparison.Ordinal)));

        using var report = await CompareAsync("dgx-h100");

        var differences = report.RootElement.GetProperty("nvidia_smi").GetProperty("differences").EnumerateArray()
            .Where(difference => difference.GetProperty("field").GetString() == field).ToList();
        Assert.That(differences.Select(difference => difference.GetProperty("gpu").GetString()).Distinct().Count(), Is.EqualTo(8));
        Assert.That(differences[0].GetProperty("nvidia_smi").GetString(), Does.StartWith(smi));
        Assert.That(differences[0].GetProperty("moves").GetBoolean(), Is.EqualTo(moves));
        Assert.That(differences[0].GetProperty("plugin").GetString(), plugin is null ? Is.Not.Empty : Is.EqualTo(plugin));
        Assert.That(StatusOf(report), Is.EqualTo(moves ? "warn" : "fail"));
    }

    [Test]
    public async Task Difference_IsPrintedForPeopleInEightyColumns_AndFailsTheCommand()
    {
        var text = await File.ReadAllTextAsync(SmiCaptures.PathOf("t4"));
        Prints(Write(text.Replace("<total>15360 MiB</total>", "<total>15350 MiB</total>", StringComparison.Ordinal)));

        var run = await RunAsync("t4");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("Where nvidia-smi (first line) and the plugin (second line) differ:"));
        Assert.That(run.Output, Does.Match("00000000:00:1E\\.0 +fb_memory_usage/total +15350 MiB *\n +attribute memory +15360"));
        Assert.That(run.Output.Split('\n'), Has.All.Length.LessThanOrEqualTo(80));
    }

    [Test]
    public async Task GpuThatOnlyOneOfThemHas_IsADifference()
    {
        var text = await File.ReadAllTextAsync(SmiCaptures.PathOf("gb200"));
        var gpu = SmiXml.Read(text).Children.Last(element => element.Name == "gpu");
        Prints(Write(text.Replace(gpu.Child("uuid")!.Text, "GPU-of-another-node", StringComparison.Ordinal)
            .Replace(gpu.Find("pci/pci_bus_id")!.Text, "00000000:FF:00.0", StringComparison.Ordinal)));

        using var report = await CompareAsync("gb200");

        var differences = report.RootElement.GetProperty("nvidia_smi").GetProperty("differences").EnumerateArray()
            .Where(difference => difference.GetProperty("field").GetString() == "gpu")
            .Select(difference => (
                difference.GetProperty("gpu").GetString(), difference.GetProperty("nvidia_smi").GetString(),
                difference.GetProperty("plugin").GetString()));
        Assert.That(differences, Is.EqualTo(new[]
        {
            ("00000000:FF:00.0", "GPU-of-another-node", null),
            (SmiValue.PciBusId(gpu.Find("pci/pci_bus_id")!), "not there", gpu.Child("uuid")!.Text),
        }));
        Assert.That(StatusOf(report), Is.EqualTo("fail"));
    }

    [Test]
    public async Task GpuThatIsPrintedTwice_IsADifference()
    {
        var text = await File.ReadAllTextAsync(SmiCaptures.PathOf("t4"));
        var section = text[text.IndexOf("<gpu id", StringComparison.Ordinal)..(text.IndexOf("</gpu>", StringComparison.Ordinal) + "</gpu>".Length)];
        Prints(Write(text.Replace("</nvidia_smi_log>", section + "</nvidia_smi_log>", StringComparison.Ordinal)));

        using var report = await CompareAsync("t4");

        Assert.That(
            Differences(report), Is.EqualTo(new[] { ("0000:00:1e.0", "gpu", "printed 2 times", "GPU-00000000-0000-0000-0000-000000000000") }));
        Assert.That(StatusOf(report), Is.EqualTo("fail"));
    }

    // As a wrapper does that asks one of two machines.
    [Test]
    public async Task AnswersThatTakeTurns_AreDifferencesOfWhatCannotChange()
    {
        var capture = SmiCaptures.PathOf("t4");
        var count = _root.Locate("count");
        _root.Write("usr/bin/nvidia-smi", $"""
            #!/bin/sh
            echo >> {count}
            [ $(($(wc -l < {count}) % 2)) = 0 ] && exec sed 's/Tesla T4/Tesla T5/' {capture}
            exec sed 's/<uuid>GPU-0000/<uuid>GPU-9999/; s/15360 MiB/15360 MiBx1/' {capture}
            """);

        using var report = await CompareAsync("t4");

        Assert.That(Differences(report).Select(difference => difference.Field), Is.SupersetOf(["uuid", "product_name", "fb_memory_usage/total"]));
        Assert.That(StatusOf(report), Is.EqualTo("fail"));
    }

    [TestCase("<pci><pci_bus_id>00000000:00:1E.0</pci_bus_id></pci>", "uuid", "product_name", "fb_memory_usage/total")]
    [TestCase("<uuid>GPU-00000000-0000-0000-0000-000000000000</uuid>", "pci/pci_bus_id", "product_name", "fb_memory_usage/total")]
    [TestCase("", "gpu", "gpu")]
    public async Task GpuOfWhichNextToNothingIsPrinted_IsADifference(string section, params string[] fields)
    {
        Prints(Write($"<nvidia_smi_log><attached_gpus>1</attached_gpus><gpu id=\"00000000:00:1E.0\">{section}</gpu></nvidia_smi_log>"));

        using var report = await CompareAsync("t4");

        Assert.That(Differences(report).Select(difference => difference.Field), Is.EqualTo(fields));
        Assert.That(Differences(report).Select(difference => difference.Smi), Is.All.EqualTo("not there"));
        Assert.That(StatusOf(report), Is.EqualTo("fail"));
    }

    [TestCase("exit 0", "it printed nothing")]
    [TestCase("echo 'No devices were found'", "it printed no XML in UTF-8: No devices were found")]
    [TestCase("printf '<\\000n\\000v\\000i\\000d\\000i\\000a\\000'", "it printed no XML in UTF-8")]
    [TestCase("echo '<nvidia_smi_log></nvidia_smi_log><nvidia_smi_log></nvidia_smi_log>'", "2 outermost elements: nvidia_smi_log, nvidia_smi_log")]
    [TestCase("echo '<nvidia_smi_log></nvidia_smi_log><gpu/>'", "2 outermost elements: nvidia_smi_log, gpu")]
    [TestCase("yes '<gpu/>' | head -300 | sed '1i<nvidia_smi_log>' | sed '$a</nvidia_smi_log>'", "300 GPUs, and more than 256")]
    [TestCase("yes '<x/>' | head -500000 | sed '1i<nvidia_smi_log>'", "more than 200000 elements")]
    [TestCase("exec yes '<nvidia_smi_log>'", "it was ended because it printed more than 16 MiB")]
    [TestCase("exit 9", "exit code 9")]
    [TestCase("echo 'NVIDIA-SMI has failed because it couldn'\\''t communicate with the NVIDIA driver.'; exit 9", "has failed")]
    [TestCase("echo '<nvidia_smi_log><gpu'", "it ends in the middle of a tag")]
    [TestCase("echo '<nvidia_smi_log><gpu><uuid>x</uuid>'", "it ends inside the element gpu")]
    [TestCase("while :; do echo '<nvidia_smi_log>'; done | head -c 3000", "nested more than 32 deep")]
    public async Task AnswerThatCannotBeRead_FailsTheCheckWithTheReason(string script, string reason)
    {
        _root.Write("usr/bin/nvidia-smi", "#!/bin/sh\n" + script);

        using var report = await CompareAsync("t4");

        Assert.That(StatusOf(report), Is.EqualTo("fail"));
        Assert.That(Check(report).GetProperty("seen").GetString(), Does.Contain(reason));
    }

    [Test]
    public async Task OutputThatADriverClosesTwice_AndAnExitCodeOfOneGpu_AreRead()
    {
        var text = await File.ReadAllTextAsync(SmiCaptures.PathOf("t4"));
        Assert.That(text, Does.Contain("</supported_mem_clock>"));
        var file = Write(text.Replace("</supported_mem_clock>", "</supported_mem_clock></supported_mem_clock>", StringComparison.Ordinal));
        _root.Write("usr/bin/nvidia-smi", $"#!/bin/sh\ncat '{file}'\necho 'WARNING: infoROM is corrupted at gpu 0000:00:1E.0'\nexit 14");

        using var report = await CompareAsync("t4");

        Assert.That(StatusOf(report), Is.EqualTo("warn"), Check(report).ToString());
        Assert.That(
            Check(report).GetProperty("seen").GetString(),
            Does.Contain(" 0 differ, but nvidia-smi ended with exit code 14: WARNING: infoROM is corrupted at gpu 0000:00:1E.0"));
    }

    [Test]
    public async Task ControlSequences_DoNotReachTheTerminal()
    {
        const string Title = "\e]0;title\a\e[2J\u202e";
        var text = await File.ReadAllTextAsync(SmiCaptures.PathOf("t4"));
        Prints(Write(text.Replace("<vbios_version>", "<vbios_version>" + Title, StringComparison.Ordinal)));

        var run = await RunAsync("t4");

        Assert.That(run.Output, Does.Contain("?]0;title??[2J?90.04"));
        Assert.That((run.Output + run.Errors).Where(character => character != '\n' && (char.IsControl(character) || character == '\u202e')), Is.Empty);
    }

    [Test]
    public async Task ControlSequencesOfAnAnswerThatCannotBeRead_DoNotReachTheTerminal()
    {
        _root.Write("usr/bin/nvidia-smi", "#!/bin/sh\nprintf '<nvidia_smi_log><\\033[2Jx>'");

        var run = await RunAsync("t4");

        Assert.That(run.Output, Does.Contain("?[2Jx"));
        Assert.That((run.Output + run.Errors).Where(character => character != '\n' && char.IsControl(character)), Is.Empty);
    }

    [Test]
    public async Task ProgramThatOthersMayWrite_IsNotRun()
    {
        Prints(SmiCaptures.PathOf("t4"));
        File.SetUnixFileMode(_root.Locate("usr/bin/nvidia-smi"), (UnixFileMode)0b111_111_111);

        using var report = await CompareAsync("t4");

        Assert.That(Check(report).GetProperty("seen").GetString(), Does.Contain("writable by users other than root"));
        Assert.That(File.Exists(_root.Locate("calls")), Is.False);
    }

    [Test]
    public async Task WithoutTheOption_NothingIsRunAndNothingIsSaid()
    {
        Prints(SmiCaptures.PathOf("t4"));

        var run = await DoctorAsync("t4", "--json");

        Assert.That(run.Output, Does.Not.Contain("\"nvidia-smi\"").And.Not.Contain("nvidia_smi"));
        Assert.That(File.Exists(_root.Locate("calls")), Is.False);
    }

    [Test]
    public async Task MigInstances_AreCounted()
    {
        const string Xml =
            "<nvidia_smi_log><attached_gpus>1</attached_gpus><gpu id=\"00000000:07:00.0\"><uuid>GPU-x</uuid>"
            + "<pci><pci_bus_id>{0}</pci_bus_id></pci><mig_mode><current_mig>Enabled</current_mig></mig_mode>"
            + "<mig_devices><mig_device><index>0</index></mig_device></mig_devices></gpu></nvidia_smi_log>";
        var fingerprint = await PluginProcess.RunAsync(null, "fingerprint", "--json", "--scenario", "dgx-a100-mig");
        using var document = JsonDocument.Parse(fingerprint.Output);
        var instances = document.RootElement.GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("devices").EnumerateArray())
            .Where(device => device.GetProperty("id").GetString()!.StartsWith("MIG-", StringComparison.Ordinal))
            .GroupBy(device => device.GetProperty("pci_bus_id").GetString()!).First();
        Prints(Write(Xml.Replace("{0}", "0000" + instances.Key.ToUpperInvariant(), StringComparison.Ordinal)));

        using var report = await CompareAsync("dgx-a100-mig");

        var difference = report.RootElement.GetProperty("nvidia_smi").GetProperty("differences").EnumerateArray()
            .Single(difference => difference.GetProperty("field").GetString() == "mig_devices");
        Assert.That(difference.GetProperty("nvidia_smi").GetString(), Is.EqualTo("1"));
        Assert.That(difference.GetProperty("plugin").GetString(), Is.EqualTo(instances.Count().ToString(CultureInfo.InvariantCulture)));
    }

    [TestCase("", "")]
    [TestCase("<fb_memory_usage><total>{0} MiB</total></fb_memory_usage>", "4864 4864 9856 19968")]
    [TestCase("<device_attributes><shared><multiprocessor_count>{0}</multiprocessor_count></shared></device_attributes>", "42 28 14 14")]
    [TestCase("<fb_memory_usage><total>{0} MiB</total></fb_memory_usage>", "4864 4864 4864 19968", "mig_device/fb_memory_usage/total")]
    [TestCase("<device_attributes><shared><multiprocessor_count>{0}</multiprocessor_count></shared></device_attributes>", "14 14 14 42", "mig_device/device_attributes/shared/multiprocessor_count")]
    [TestCase("<uuid>MIG-a000007{0}-0000-0000-0000-0000a000007{0}</uuid>", "0 2 3 5", "mig_device/uuid")]
    [TestCase("<uuid>MIG-a000007{0}-0000-0000-0000-0000a000007{0}</uuid>", "4 3 2 0")]
    public async Task MigInstances_AreComparedByWhatIsPrinted(string element, string values, params string[] fields)
    {
        // The GPU has the instances 3g.20gb, 2g.10gb and twice 1g.5gb.
        var printed = (values.Length > 0 ? values.Split(' ') : ["", "", "", ""]).Select(value => $"<mig_device>{string.Format(CultureInfo.InvariantCulture, element, value)}</mig_device>");
        Prints(Write(MigLog($"<mig_devices>{string.Concat(printed)}</mig_devices>")));

        using var report = await CompareAsync("dgx-a100-mig");

        Assert.That(Differences(report).Where(difference => difference.Gpu == MigAddress).Select(difference => difference.Field), Is.EqualTo(fields));
    }

    [TestCase("Enabled", false, "mig_mode/current_mig", "Enabled")]
    [TestCase("Disabled", true, "mig_mode/current_mig", "Disabled")]
    [TestCase("Enabled", true, null, null)]
    public async Task MigMode_IsComparedWhereThereAreNoInstances(string printed, bool isEnabled, string? field, string? smi)
    {
        var text = await File.ReadAllTextAsync(SmiCaptures.PathOf("a100"));
        Assert.That(text, Does.Contain("<current_mig>Disabled</current_mig>"));
        Prints(Write(text.Replace("<current_mig>Disabled<", $"<current_mig>{printed}<", StringComparison.Ordinal)));

        using var report = await CompareAsync(isEnabled ? WithEmptyMig("a100") : "a100");

        Assert.That(
            Differences(report).Select(difference => (difference.Field, difference.Smi)),
            Is.EqualTo(field is null ? Array.Empty<(string?, string?)>() : [(field, smi)]), Check(report).ToString());
        Assert.That(StatusOf(report), Is.EqualTo(field is null ? "pass" : "fail"));
    }

    private static string MigLog(string instances) =>
        $"<nvidia_smi_log><gpu id=\"{MigAddress}\"><uuid>GPU-a1000000-0000-0000-0000-000000000007</uuid><pci><pci_bus_id>{MigAddress}</pci_bus_id></pci>"
        + $"<mig_mode><current_mig>Enabled</current_mig></mig_mode>{instances}</gpu></nvidia_smi_log>";

    private string WithEmptyMig(string scenario)
    {
        var root = JsonNode.Parse(MockNode.BuiltIn(scenario))!;
        root["gpus"]![0]!["mig"] = new JsonObject { ["enabled"] = true, ["max_instances"] = 7, ["instances"] = new JsonArray() };
        return _root.Write("scenario.json", root.ToJsonString());
    }

    private static List<(string? Gpu, string? Field, string? Smi, string? Plugin)> Differences(JsonDocument report) =>
        [.. report.RootElement.GetProperty("nvidia_smi").GetProperty("differences").EnumerateArray().Select(difference => (
            difference.GetProperty("gpu").GetString(), difference.GetProperty("field").GetString(),
            difference.GetProperty("nvidia_smi").GetString(), difference.GetProperty("plugin").GetString()))];

    private void Prints(string file) => _root.Write(
        "usr/bin/nvidia-smi", $"#!/bin/sh\necho \"$*\" >> '{_root.Locate("calls")}'\n[ \"$*\" = '-q -x' ] && exec cat '{file}'\nexit 2");

    private string Write(string text)
    {
        File.WriteAllText(_root.Locate("smi.xml"), text);
        return _root.Locate("smi.xml");
    }

    private async Task<JsonDocument> CompareAsync(string scenario)
    {
        var run = await DoctorAsync(scenario, Option, "--json");
        Assert.That(run.Errors, Is.Empty);
        return JsonDocument.Parse(run.Output);
    }

    private Task<PluginProcess> RunAsync(string scenario) => DoctorAsync(scenario, Option);

    // Its folder is the root of the node too, so that nothing of this machine is looked at.
    private async Task<PluginProcess> DoctorAsync(string scenario, params string[] arguments)
    {
        var config = _root.Locate("config.json");
        await File.WriteAllTextAsync(
            config,
            $$$"""
            {"driver_root": "{{{_root.Locate("")}}}", "nvml_library": "{{{PluginProcess.MockLibrary()}}}",
             "state_dir": "{{{_root.Locate("state")}}}", "health": {"kernel_log": false}}
            """);
        return await PluginProcess.RunAsync(
            Path.IsPathRooted(scenario) ? scenario : PluginProcess.BuiltIn(scenario), ["doctor", "--config", config, "--root", _root.Locate(""), .. arguments]);
    }

    private static JsonElement Check(JsonDocument report) => report.RootElement.GetProperty("checks").EnumerateArray()
        .Single(check => check.GetProperty("id").GetString() == "nvidia-smi");

    private static string? StatusOf(JsonDocument report) => Check(report).GetProperty("status").GetString();
}
