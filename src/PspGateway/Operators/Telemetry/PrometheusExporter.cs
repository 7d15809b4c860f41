using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace PspGateway.Operators.Telemetry;

/// <summary>Writes a collection as a page for Prometheus. Only when it is asked for: it has no clock of its own.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    /// <summary>Set by the reader: collects, and so fills <see cref="Page"/>.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>The last collection, as text.</summary>
    public string Page { get; private set; } = "";

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new PrometheusText();
        foreach (var metric in batch)
        {
            Write(text, metric);
        }

        Page = text.ToString();
        return ExportResult.Success;
    }

    private static void Write(PrometheusText text, Metric metric)
    {
        if (TypeOf(metric.MetricType) is not { } type || text.Family(metric.Name, metric.Unit, type, metric.Description) is not { } name)
        {
            return;
        }

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var tags = new List<KeyValuePair<string, object?>>();
            foreach (var tag in point.Tags)
            {
                tags.Add(tag);
            }

            var labels = PrometheusText.Labels(tags);
            if (metric.MetricType == MetricType.Histogram)
            {
                WriteHistogram(text, name, labels, in point);
            }
            else
            {
                text.Sample(name, labels, ValueOf(metric.MetricType, in point));
            }
        }
    }

    private static void WriteHistogram(PrometheusText text, string name, string labels, in MetricPoint point)
    {
        var below = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            text.Sample(name + "_bucket", labels, below, bucket.ExplicitBound);
        }

        text.Sample(name + "_sum", labels, point.GetHistogramSum());
        text.Sample(name + "_count", labels, point.GetHistogramCount());
    }

    private static string? TypeOf(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.LongGauge or MetricType.DoubleGauge or MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => "gauge",
        MetricType.Histogram => "histogram",

        // Exponential histograms have no form in this format; nothing here is one.
        _ => null,
    };

    private static double ValueOf(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
        MetricType.LongGauge => point.GetGaugeLastValueLong(),
        _ => point.GetGaugeLastValueDouble(),
    };
}
