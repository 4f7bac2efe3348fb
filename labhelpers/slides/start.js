// One size for every screen: reveal.js scales 1280 by 720 to what there is.
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  minScale: 0.1,
  maxScale: 4,
  center: false,
  hash: true,
  slideNumber: "c/t",
  transition: "none",
  controlsTutorial: false,
  pdfMaxPagesPerSlide: 1,
  plugins: [RevealNotes],
});
