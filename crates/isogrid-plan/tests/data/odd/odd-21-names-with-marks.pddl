; twin: lamps-problem
(define (problem four-lamps)
  (:domain lamps)
  (:objects lamp-1_a LAMP_2 l3- x4)
  (:init (lamp lamp-1_a) (lamp LAMP_2) (lamp l3-) (lamp x4) (next lamp-1_a LAMP_2) (next LAMP_2 l3-) (next l3- x4))
  (:goal (and (lit x4) (lit LAMP_2) (not (lit lamp-1_a)))))
