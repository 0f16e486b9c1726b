# What R's packages say of the data in tests/data/conformance and of their own: run by peers_r.py.
# One line for each thing: its name, the seconds it took, its numbers; tabs between them.
folder <- commandArgs(TRUE)[1]
options(digits = 15, warn = -1)
put <- function(name, work) {
  numbers <- NULL
  once <- function(i) {
    start <- Sys.time()
    numbers <<- work()
    as.numeric(Sys.time() - start, units = "secs")
  }
  took <- tryCatch(min(sapply(1:3, once)), error = conditionMessage)
  if (is.character(took)) cat("!", name, gsub("[\t\n]", " ", took), sep = "\t")
  else cat(name, took, paste(format(as.numeric(numbers), digits = 15), collapse = " "), sep = "\t")
  cat("\n")
}
with <- function(package, run) {
  if (suppressMessages(requireNamespace(package, quietly = TRUE))) {
    suppressMessages(library(package, character.only = TRUE))
    cat("+", package, as.character(packageVersion(package)), sep = "\t"); cat("\n")
    run()
  } else { cat("-", package, sep = "\t"); cat("\n") }
}

with("NHSRplotthedots", function() {
  rrk <- read.csv(file.path(folder, "ae-attendances-rrk.csv"))
  rrk$period <- as.Date(rrk$period)
  chart <- function(rows, ...) as.data.frame(suppressWarnings(ptd_spc(
    rrk[rows, ], value_field = breaches, date_field = period,
    improvement_direction = "decrease", ...)))
  of <- function(d) c(d$lpl[1], d$upl[1], sum(d$point_type == "special_cause_concern"),
                      sum(d$point_type == "special_cause_improvement"))
  put("rrk 24 months", function() of(chart(1:24)))
  put("rrk 36 months", function() of(chart(1:36)))
  put("rrk 36 months, not screened", function() of(chart(1:36, screen_outliers = FALSE))[1:2])
  put("rrk rebased", function() {
    d <- chart(1:36, rebase = ptd_rebase(as.Date("2018-07-01")))
    c(of(d), d$lpl[36], d$upl[36])
  })
})

with("FunnelPlotR", function() {
  stays <- read.csv(file.path(folder, "medpar.csv"), colClasses = c(provnum = "character"))
  fit <- glm(los ~ hmo + died + age80 + factor(type), family = "poisson", data = stays)
  d <- data.frame(g = stays$provnum, los = stays$los, e = fitted(fit), died = stays$died, one = 1)
  of <- function(f) c(phi(f), tau2(f), nrow(outliers(f)))
  for (method in c("SHMI", "CQC")) put(paste("medpar", method), function() of(funnel_plot(
    .data = d, numerator = los, denominator = e, group = g, sr_method = method, limit = 99)))
  put("medpar died", function() of(funnel_plot(
    .data = d, numerator = died, denominator = one, group = g, data_type = "PR", limit = 99))[1:2])
  put("medpar ratio of counts", function() of(funnel_plot(
    .data = d, numerator = los, denominator = e, group = g, data_type = "RC", limit = 99))[1:2])
})

with("qicharts2", function() {
  of <- function(p) unlist(summary(p)[c("CL", "aLCL", "aUCL", "sigma.signal")])
  draw <- function(...) suppressWarnings(suppressMessages(qic(...)))
  for (name in c("cdi", "nhs_accidents", "cabg", "hospital_infections"))
    data(list = name, package = "qicharts2")
  put("data cdi", function() cdi$n)
  put("cdi i", function() of(draw(cdi$n, chart = "i")))
  put("cdi c", function() of(draw(cdi$n, chart = "c")))
  put("cdi runs", function() unlist(summary(draw(cdi$n, chart = "i"))[
    c("longest.run", "longest.run.max", "n.crossings", "n.crossings.min")]))
  put("cdi frozen at 24", function() summary(draw(cdi$n, chart = "i", freeze = 24))$CL)
  put("data nhs_accidents", function() c(nhs_accidents$r, nhs_accidents$n))
  put("nhs_accidents p", function() of(draw(y = nhs_accidents$r, n = nhs_accidents$n, chart = "p")))
  put("nhs_accidents pp", function() of(draw(y = nhs_accidents$r, n = nhs_accidents$n, chart = "pp")))
  cabg$month <- format(as.Date(cabg$date), "%Y-%m")
  cabg$one <- 1
  months <- aggregate(cbind(as.numeric(death), one) ~ month, data = cabg, sum)
  put("data cabg", function() c(months[[2]], months$one))
  uti <- hospital_infections[hospital_infections$infection == "UTI", ]
  uti <- aggregate(cbind(n, days) ~ month, data = uti, sum)
  put("data uti", function() c(uti$n, uti$days))
  put("uti u", function() of(draw(y = uti$n, n = uti$days, chart = "u")))
})

with("surveillance", function() {
  data(shadar); data(ha); ha <- aggregate(ha)
  control <- list(range = 287:295, b = 4, w = 3, alpha = 0.01)
  put("data shadar", function() shadar$observed)
  put("farrington upper", function() algo.farrington(shadar, control = control)$upperbound)
  put("farrington alarms", function() which(algo.farrington(shadar, control = control)$alarm == 1))
  rossi <- function() algo.cusum(ha, control = list(
    range = 209:290, k = 1.04, h = 2.26, m = "glm", trans = "rossi"))
  put("data ha", function() ha$observed)
  put("data ha mean", function() rossi()$control$m)
  put("rossi alarms", function() which(rossi()$alarm == 1))
  put("find.kh", function() unlist(find.kh(500, 7)[c("k", "h")]))
})

with("spc", function() {
  put("cusum arl", function() c(xcusum.arl(0.5, 4, 0), xcusum.arl(0.5, 5, 0), xcusum.arl(0.5, 4, 1)))
  put("cusum limit", function() xcusum.crit(0.5, 500))
  put("ewma arl", function() xewma.arl(0.1, 2.7, 0, sided = "two"))
  put("ewma limit", function() xewma.crit(0.1, 500, sided = "two"))
})

with("strucchange", function() {
  put("data nile", function() Nile)
  put("nile", function() {
    b <- breakpoints(Nile ~ 1)
    ends <- confint(b, breaks = 1)$confint
    rss <- summary(b)$RSS["RSS", c("0", "1")]
    c(breakpoints(b, breaks = 1)$breakpoints, 1870 + ends[c(1, 3)], rss,
      sctest(Fstats(Nile ~ 1))$statistic)
  })
})

put("false discovery", function() {
  p <- c(.001, .008, .039, .041, .042, .06, .074, .205, .212, .216, .222, .251, .269, .275, .34,
         .341, .384, .569, .594, .696, .762, .94, .942, .975, .986)
  c(p.adjust(p, "BH"), p.adjust(p, "BY"))
})
