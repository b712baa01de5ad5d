using DevicePlugin.Comparison;

namespace DevicePlugin.UnitTests.Executable.Comparison;

/// <summary>What nvidia-smi of older drivers and of sick GPUs prints.</summary>
internal sealed class SmiValueTests
{
    private const string Older =
        """
        <?xml version="1.0" ?>
        <!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v11.dtd">
        <nvidia_smi_log>
          <driver_version>470.256.02</driver_version>
          <gpu id="00000000:01:00.0">
            <display_mode>Enabled</display_mode>
            <display_active>Disabled</display_active>
            <fan_speed>Unknown Error</fan_speed>
            <clocks_throttle_reasons>
              <clocks_throttle_reason_gpu_idle>Not Active</clocks_throttle_reason_gpu_idle>
              <clocks_throttle_reason_sw_power_cap> Active</clocks_throttle_reason_sw_power_cap>
              <clocks_throttle_reason_of_tomorrow>Active</clocks_throttle_reason_of_tomorrow>
            </clocks_throttle_reasons>
            <power_readings>
              <power_draw>45.51 W</power_draw>
              <power_limit>250.00 W</power_limit>
              <enforced_power_limit>200.00 W</enforced_power_limit>
            </power_readings>
            <retired_pages><pending_retirement>GPU is lost</pending_retirement></retired_pages>
            <processes><process_info><type>C+G</type><process_name>a &lt;b&gt; &amp;amp;</process_name></process_info></processes>
          </gpu>
        </nvidia_smi_log>
        """;

    private static readonly SmiElement Log = SmiXml.Read(Older);

    [TestCase("/driver_version", "470.256.02")]
    [TestCase("display_mode", "Enabled")]
    [TestCase("clocks_event_reasons", "software power cap, of_tomorrow")]
    [TestCase("gpu_power_readings", "46")]
    [TestCase("gpu_power_readings/current_power_limit", "200")]
    [TestCase("gpu_power_readings/requested_power_limit", "250")]
    [TestCase("processes", "1")]
    [TestCase("fan_speed", null)]
    [TestCase("retired_pages/pending_retirement", null)]
    [TestCase("gpu_power_readings/max_power_limit", null)]
    public void OlderName_LeadsToTheValue_AndAnErrorIsNone(string path, string? value) => Assert.That(
        ComparedFields.All.First(field => field.Path.Split('|')[0] == path).Expect(Log.Child("gpu")!), Is.EqualTo(value));

    [Test]
    public void Entities_AreReadOnce() =>
        Assert.That(Log.Find("gpu/processes/process_info/process_name")!.Text, Is.EqualTo("a <b> &amp;"));

    [TestCase("00000000:00:1E.0", "0000:00:1e.0")]
    [TestCase("0000:0A:00.0", "0000:0a:00.0")]
    [TestCase("00010000:0A:00.0", "10000:0a:00.0")]
    [TestCase("Unknown Error", null)]
    public void PciAddress_IsAsInSysfs(string text, string? address)
    {
        var element = new SmiElement("pci_bus_id", null);
        element.AddText(text);

        Assert.That(SmiValue.PciBusId(element), Is.EqualTo(address));
    }

    [TestCase("5", "16x", "63008")]
    [TestCase("6", "16x", "121008")]
    [TestCase("7", "16x", null)]
    [TestCase("N/A", "16x", null)]
    public void Bandwidth_IsThatOfTheLinkAtItsBest(string generation, string width, string? bandwidth) => Assert.That(
        SmiValue.Bandwidth(SmiXml.Read(
            $"<nvidia_smi_log><pcie_gen><max_link_gen>{generation}</max_link_gen></pcie_gen>"
            + $"<link_widths><max_link_width>{width}</max_link_width></link_widths></nvidia_smi_log>")),
        Is.EqualTo(bandwidth));

    [Test]
    public void Text_BetweenManyChildren_TakesNoMoreThanItsLength()
    {
        var text = $"<nvidia_smi_log>{string.Concat(Enumerable.Repeat("ab<x/>", 20_000))}</nvidia_smi_log>";
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(SmiXml.Read(text).Text, Has.Length.EqualTo(40_000));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100 << 20));
    }

    [TestCase("90", true)]
    [TestCase("119", true)]
    [TestCase("125", false)]
    [TestCase(null, false)]
    public void MovingValue_AgreesBetweenTheReadingsAndALittleBeyond(string? smi, bool agrees)
    {
        var field = new ComparedField("x", ReportPlace.DeviceId, SmiValue.Text) { Moves = true, Slack = 4 };

        Assert.That(field.Agrees(smi, ["86", "120"]), Is.EqualTo(agrees));
        Assert.That(field.Agrees(smi, ["86", null]), Is.EqualTo(smi is null));
    }
}
