namespace PspGateway.Simulator.Board;

/// <summary>What only the board wears.</summary>
internal static class BoardStyle
{
    public const string Css = """
        .intro{display:grid;grid-template-columns:1fr auto;gap:1rem 2rem;align-items:end;margin:.6rem 0 1.4rem}
        .intro h1{font-size:2rem;margin:0 0 .4rem}
        .intro p{margin:0;max-width:46rem;color:var(--soft)}
        .intro .go{white-space:nowrap}
        .board{background:var(--paper);border:1px solid var(--line);border-radius:18px;box-shadow:0 8px 24px #5b3a1a14}
        .which{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;align-items:baseline;padding:1rem 1.2rem .8rem;margin:0}
        .which h2{margin:0;font-size:1.1rem}
        .which .live{margin-left:auto;font-size:.85rem;color:var(--soft)}
        .which .live b{display:inline-block;width:.6rem;height:.6rem;border-radius:50%;background:#9c8a7a;margin-right:.4rem}
        .which .live.on b{background:#1b7a34;animation:pulse 2s infinite}
        @keyframes pulse{50%{opacity:.35}}
        .heads{display:grid;grid-template-columns:5.2rem minmax(0,32rem) minmax(0,1fr);gap:0 1rem;padding:0 1.2rem .7rem;position:sticky;top:0;background:var(--paper);z-index:2;border-bottom:1px solid var(--line)}
        .heads ol{grid-column:2;display:grid;grid-template-columns:repeat(4,1fr);list-style:none;margin:0;padding:0;text-align:center}
        .heads li{margin:0 .2rem;border:1px solid var(--line);border-radius:12px;padding:.5rem .3rem;background:#fff;font-size:.78rem;line-height:1.3;color:var(--soft);overflow-wrap:anywhere}
        .heads li.us{background:var(--vipps);border-color:var(--vipps);color:#1c0a02}
        .heads strong{display:block;font-size:.98rem;color:var(--ink)}
        .heads .said{align-self:center;grid-column:3;margin:0;color:var(--soft);font-size:.92rem}
        .rows{list-style:none;margin:0;padding:.3rem 0 .6rem}
        .rows summary{display:grid;grid-template-columns:5.2rem minmax(0,32rem) minmax(0,1fr);gap:0 1rem;align-items:stretch;padding:0 1.2rem;list-style:none}
        .rows details{margin:0;color:inherit;font-size:inherit}
        .rows time::before{content:"▸";margin-right:.4rem;display:inline-block;color:#9c8a7a}
        .rows [open] time::before{transform:rotate(90deg)}
        .rows summary::-webkit-details-marker{display:none}
        .rows summary:hover{background:#faf3ea}
        .rows time,.rows .words{padding:.55rem 0}
        .rows time{font-size:.82rem;color:var(--soft);font-variant-numeric:tabular-nums;text-align:right;padding-top:.7rem}
        .lanes{display:grid;grid-template-columns:repeat(4,1fr);gap:.4rem;column-gap:0;align-content:center;min-height:3.3rem;
        background:linear-gradient(#dccfc2,#dccfc2) 12.5% 0/1.5px 100% no-repeat,linear-gradient(#ffb79d,#ffb79d) 37.5% 0/3px 100% no-repeat,linear-gradient(#dccfc2,#dccfc2) 62.5% 0/1.5px 100% no-repeat,linear-gradient(#dccfc2,#dccfc2) 87.5% 0/1.5px 100% no-repeat;background-position:12.5% 0,37.5% 0,62.5% 0,87.5% 0}
        .lanes i{position:relative;height:0;border-top:2.5px solid var(--deep);margin:.3rem 0}
        .lanes i::after{content:"";position:absolute;top:-6.5px;border:5.5px solid transparent}
        .lanes .r::after{right:-2px;border-left:9px solid var(--deep);border-right:0}
        .lanes .l::after{left:-2px;border-right:9px solid var(--deep);border-left:0}
        .lanes .back{border-top-style:dashed;border-top-width:2px}
        .lanes .back::after{top:-6px}
        .lanes .good{border-top-color:#1b7a34}
        .lanes .good.r::after{border-left-color:#1b7a34}
        .lanes .good.l::after{border-right-color:#1b7a34}
        .lanes .bad{border-top-color:#b3261e}
        .lanes .bad.r::after{border-left-color:#b3261e}
        .lanes .bad.l::after{border-right-color:#b3261e}
        .s2{margin-inline:25%!important}
        .s3{margin-inline:16.667%!important}
        .s4{margin-inline:12.5%!important}
        .words span{display:block;line-height:1.4}
        .words .got{color:var(--soft);font-size:.92rem}
        .words .got b{font-variant-numeric:tabular-nums}
        .words .bad b{color:#a11b14}
        .words .good b{color:#16652b}
        .wire{padding:.2rem 1.2rem 1rem}
        .wire .two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:.8rem}
        .wire .way{font-size:.9rem;font-weight:600;margin:.5rem 0 .3rem}
        pre{margin:0;padding:.8rem;background:#2b211c;color:#fbeee2;border-radius:10px;font:.8rem/1.5 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
        .new{animation:come .5s}
        @keyframes come{from{background:#ffe6dc}}
        .under{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem 2rem;margin-top:1.6rem}
        .under h2{margin:.2rem 0 .3rem;font-size:1rem}
        .under p,.under ul{margin:0;color:var(--soft);font-size:.93rem}
        .under ul{padding:0;list-style:none}
        .under li{display:flex;gap:.8rem;white-space:nowrap}
        .under li a{overflow:hidden;text-overflow:ellipsis}
        .none{padding:2.5rem 1.2rem;text-align:center;color:var(--soft)}
        @media(max-width:60rem){
        .intro{grid-template-columns:1fr}
        .intro h1{font-size:1.6rem}
        .which,.heads,.wire,.rows summary{padding-left:.8rem;padding-right:.8rem}
        .heads,.rows summary{grid-template-columns:1fr;gap:0}
        .heads ol,.heads .said{grid-column:1}
        .heads{padding-bottom:.5rem}
        .heads li{margin:0 .1rem;padding:.35rem 0;font-size:.6rem;border-radius:9px}
        .heads strong{font-size:.68rem}
        .heads li span,.heads li br{display:none}
        .heads li b{display:block}
        main.wide{padding-left:.5rem;padding-right:.5rem}
        .heads .said{padding-top:.4rem;font-size:.85rem}
        .rows time{text-align:left;padding:.5rem 0 0}
        .rows li{border-bottom:1px solid var(--line)}
        .words{order:1;padding-top:.1rem!important}
        .lanes{order:2;min-height:2.4rem}
        }
        @media(prefers-reduced-motion:reduce){.new,.which .live.on b{animation:none}}
        """;
}
